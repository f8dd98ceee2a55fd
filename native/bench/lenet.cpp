// The operations of LeNet's forward pass on one image, called one after another without Java: what ci/benchmarks/convolutions takes from the time that
// `caffe time` measures, to show what the graph in Java and the native boundary cost. Prints "lenet_native_us: T", best of several runs.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <vector>

#include "caffe4j/convolution.h"
#include "caffe4j/inner_product.h"
#include "caffe4j/pooling.h"
#include "caffe4j/relu.h"
#include "caffe4j/softmax.h"

using namespace caffe4j;

namespace {

Tensor* tensor(Context* context, const std::vector<int64_t>& dims) {
  Tensor* t = tensor_create(context);
  tensor_reshape(t, dims.data(), int(dims.size()));
  tensor_fill(t, 0.01f);
  return t;
}

Convolution* convolution(Context* context, int64_t channels, int64_t outputs) {
  const int64_t five[] = {5, 5}, one[] = {1, 1}, zero[] = {0, 0};
  return convolution_create(context, ENGINE_DEFAULT, channels, outputs, 1, five, one, zero, one, 2, true);
}

}  // namespace

int main() {
  // Everything lives until the process ends.
  Context* context = context_create_cpu(0);
  Tensor *data = tensor(context, {1, 1, 28, 28}), *conv1 = tensor(context, {1, 20, 24, 24}), *pool1 = tensor(context, {1, 20, 12, 12}),
         *conv2 = tensor(context, {1, 50, 8, 8}), *pool2 = tensor(context, {1, 50, 4, 4}), *ip1 = tensor(context, {1, 500}),
         *ip2 = tensor(context, {1, 10}), *prob = tensor(context, {1, 10});
  Tensor *w1 = tensor(context, {20, 1, 5, 5}), *b1 = tensor(context, {20}), *w2 = tensor(context, {50, 20, 5, 5}), *b2 = tensor(context, {50}),
         *w3 = tensor(context, {500, 800}), *b3 = tensor(context, {500}), *w4 = tensor(context, {10, 500}), *b4 = tensor(context, {10});
  Convolution *first = convolution(context, 1, 20), *second = convolution(context, 20, 50);
  Pooling *pool_first = pooling_create(context, POOLING_MAX, ENGINE_DEFAULT, 2, 2, 2, 2, 0, 0),
          *pool_second = pooling_create(context, POOLING_MAX, ENGINE_DEFAULT, 2, 2, 2, 2, 0, 0);
  InnerProduct *inner_first = inner_product_create(context, 500, 800, false, true),
               *inner_second = inner_product_create(context, 10, 500, false, true);
  const auto forward = [&] {
    convolution_forward(first, data, w1, b1, conv1);
    pooling_forward(pool_first, conv1, pool1, nullptr, false, 0);
    convolution_forward(second, pool1, w2, b2, conv2);
    pooling_forward(pool_second, conv2, pool2, nullptr, false, 0);
    inner_product_forward(inner_first, pool2, w3, b3, ip1);
    relu_forward(ip1, ip1, 0);
    inner_product_forward(inner_second, ip1, w4, b4, ip2);
    softmax_forward(ip2, prob, 1, 10, 1);
  };
  constexpr int kRuns = 20, kPasses = 500;
  double best = 1e30;
  for (int run = 0; run < kRuns; ++run) {
    const auto start = std::chrono::steady_clock::now();
    for (int pass = 0; pass < kPasses; ++pass) forward();
    best = std::min(best, std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / kPasses);
  }
  std::printf("lenet_native_us: %.1f\n", best);
  return 0;
}
