#pragma once
// Values in the layouts that a convolution leaves behind, for tests of the operations that follow one.
#include "caffe4j/convolution.h"
#include "test_util.h"

namespace caffe4j {

/** Row-major, or what a convolution prefers where only forward runs, or where backward follows. */
enum class Layout { PLAIN, INFERENCE, TRAINING };

/** A copy of N x C x H x W values, brought into a layout by a convolution with the identity. */
inline TensorPtr copy_as(Layout layout, Context* context, Tensor* x, const std::vector<int64_t>& dims) {
  TensorPtr y = make_tensor(context, dims);
  if (layout == Layout::PLAIN) {
    tensor_copy(x, y.get());
    return y;
  }
  const int64_t channels = dims[1], ones[] = {1, 1}, zeros[] = {0, 0};
  std::vector<float> identity(static_cast<size_t>(channels * channels));
  for (int64_t i = 0; i < channels; ++i) identity[size_t(i * channels + i)] = 1;
  Convolution* op = convolution_create(context, ENGINE_FAST, channels, channels, 1, ones, ones, zeros, ones, 2, layout == Layout::INFERENCE);
  TensorPtr weight = make_tensor(context, {channels, channels, 1, 1}, identity);
  convolution_forward(op, x, weight.get(), nullptr, y.get());
  convolution_destroy(op);
  return y;
}

}  // namespace caffe4j
