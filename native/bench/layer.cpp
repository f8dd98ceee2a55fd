// Times one convolution and one inner product, forward and backward, on a device: layer cpu | layer gpu [NUMBER].
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#include "caffe4j/convolution.h"
#include "caffe4j/device.h"
#include "caffe4j/inner_product.h"
#include "caffe4j/tensor.h"
#include "caffe4j/timer.h"

using namespace caffe4j;

namespace {

Tensor* tensor(Context* context, std::vector<int64_t> dims) {
  Tensor* t = tensor_create(context);
  tensor_reshape(t, dims.data(), int(dims.size()));
  tensor_fill(t, 0.01f);
  return t;
}

/** Mean milliseconds of a call, after one to warm up. */
double milliseconds(Context* context, const std::function<void()>& call) {
  constexpr int kCalls = 10;
  const std::unique_ptr<Timer, void (*)(Timer*)> timer(timer_create(context), timer_destroy);
  call();
  timer_start(timer.get());
  for (int i = 0; i < kCalls; ++i) call();
  return timer_milliseconds(timer.get()) / kCalls;
}

void print(const char* layer, const char* implementation, double gflop, double forward, double backward) {
  std::printf("%s (%s): forward %.2f ms (%.0f GFLOP/s), backward %.2f ms (%.0f GFLOP/s)\n", layer, implementation, forward,
              gflop / forward * 1e3, backward, 2 * gflop / backward * 1e3);
}

/** CaffeNet's conv3 by both engines and fc7, batch 64. */
void run(Context* context) {
  constexpr int64_t kBatch = 64;
  const int64_t three[] = {3, 3}, one[] = {1, 1};
  for (const int engine : {ENGINE_DEFAULT, ENGINE_CAFFE}) {
    Tensor *x = tensor(context, {kBatch, 256, 13, 13}), *y = tensor(context, {kBatch, 384, 13, 13}), *w = tensor(context, {384, 256, 3, 3}),
           *b = tensor(context, {384});
    Convolution* op = convolution_create(context, engine, 256, 384, 1, three, one, one, one, 2, false);
    const double forward = milliseconds(context, [&] { convolution_forward(op, x, w, b, y); });
    Tensor *dx = tensor(context, {kBatch, 256, 13, 13}), *dw = tensor(context, {384, 256, 3, 3}), *db = tensor(context, {384});
    const double backward = milliseconds(context, [&] {
      convolution_backward_weight(op, x, y, dw, db);
      convolution_backward_data(op, y, w, nullptr, dx);
    });
    print("convolution 3x3, 64 x 256 x 13 x 13 to 384", convolution_implementation(op), 2e-9 * kBatch * 384 * 169 * 256 * 9, forward, backward);
    convolution_destroy(op);
    for (Tensor* t : {x, y, w, b, dx, dw, db}) tensor_destroy(t);
  }
  Tensor *x = tensor(context, {kBatch, 4096}), *y = tensor(context, {kBatch, 4096}), *w = tensor(context, {4096, 4096}), *b = tensor(context, {4096});
  InnerProduct* op = inner_product_create(context, 4096, 4096, false, false);
  const double forward = milliseconds(context, [&] { inner_product_forward(op, x, w, b, y); });
  Tensor *dx = tensor(context, {kBatch, 4096}), *dw = tensor(context, {4096, 4096}), *db = tensor(context, {4096});
  const double backward = milliseconds(context, [&] {
    inner_product_backward_weight(op, x, y, dw, db);
    inner_product_backward_data(op, y, w, dx);
  });
  print("inner product, 64 x 4096 to 4096", "gemm", 2e-9 * kBatch * 4096 * 4096, forward, backward);
  inner_product_destroy(op);
  for (Tensor* t : {x, y, w, b, dx, dw, db}) tensor_destroy(t);
}

}  // namespace

int main(int argc, char** argv) {
  const bool gpu = argc > 1 && std::strcmp(argv[1], "gpu") == 0;
  if (!gpu && (argc < 2 || std::strcmp(argv[1], "cpu") != 0)) {
    std::fprintf(stderr, "usage: layer cpu | layer gpu [NUMBER]\n");
    return 2;
  }
  try {
    const int device = argc > 2 ? std::atoi(argv[2]) : 0;
    if (gpu && device_count() == 0) {
      std::printf("no GPU: %s\n", device_unavailability());
      return 77;
    }
    if (gpu) std::printf("%s\n%s\n", device_properties(device), device_libraries());
    Context* context = gpu ? context_create_gpu(device, 0) : context_create_cpu(0);
    run(context);
    context_destroy(context);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 0;
}
