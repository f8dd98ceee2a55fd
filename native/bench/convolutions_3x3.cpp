// The 3x3 convolutions of ResNet-50, GoogLeNet and CaffeNet in training, batch 16: milliseconds of forward and both gradients, the kernels, and
// the time that direct sums take at a peak of GFLOPS. Usage: convolutions_3x3 GFLOPS
#include <cstdio>
#include <cstdlib>
#include <string>

#include "caffe4j/convolution.h"
#include "measure.h"

using namespace caffe4j;

namespace {

constexpr int64_t kBatch = 16;
constexpr int kCalls = 7;

struct Shape {
  int64_t channels, outputs, side;
};

constexpr Shape kShapes[] = {{64, 64, 56},   {128, 128, 28}, {256, 256, 14}, {512, 512, 7},  {64, 192, 56},  {96, 128, 28}, {128, 192, 28}, {96, 208, 14},
                             {112, 224, 14}, {128, 256, 14}, {144, 288, 14}, {160, 320, 14}, {160, 320, 7}, {192, 384, 7}, {256, 384, 13}};

void measure(Context* context, const Shape& s, double gflops) {
  const int64_t three[] = {3, 3}, one[] = {1, 1};
  Convolution* op = convolution_create(context, ENGINE_DEFAULT, s.channels, s.outputs, 1, three, one, one, one, 2, false);
  const std::vector<int64_t> in{kBatch, s.channels, s.side, s.side}, out{kBatch, s.outputs, s.side, s.side}, weights{s.outputs, s.channels, 3, 3};
  Tensor *x = tensor_of(context, in), *y = tensor_of(context, out), *w = tensor_of(context, weights), *dy = tensor_of(context, out),
         *dx = tensor_of(context, in), *dw = tensor_of(context, weights);
  const double forward = milliseconds(kCalls, [&] { convolution_forward(op, x, w, nullptr, y); });
  const std::string kernel = convolution_implementation(op);
  const double by_data = milliseconds(kCalls, [&] { convolution_backward_data(op, dy, w, nullptr, dx); });
  const std::string data_kernel = convolution_implementation(op);
  const double by_weights = milliseconds(kCalls, [&] {
    tensor_fill(dw, 0);
    convolution_backward_weight(op, x, dy, dw, nullptr);
  });
  const double peak = 2e-6 * double(kBatch * s.channels * s.outputs * s.side * s.side * 9) / gflops;
  std::printf("%d -> %d, %d: forward %.2f (%s), by data %.2f (%s), by weights %.2f, at the peak %.2f\n", int(s.channels), int(s.outputs), int(s.side),
              forward, kernel.c_str(), by_data, data_kernel.c_str(), by_weights, peak);
  convolution_destroy(op);
  for (Tensor* t : {x, y, w, dy, dx, dw}) tensor_destroy(t);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || std::atof(argv[1]) <= 0) {
    std::fprintf(stderr, "usage: convolutions_3x3 GFLOPS\n");
    return 2;
  }
  Context* context = context_create_cpu(0);
  for (const Shape& shape : kShapes) measure(context, shape, std::atof(argv[1]));
  context_destroy(context);
  return 0;
}
