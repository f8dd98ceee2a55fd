#pragma once
// Inside pooling: the geometry, the plain loops, and oneDNN's kernels for blocked layouts.
#include <algorithm>
#include <memory>
#include <string>

#include "caffe4j/pooling.h"
#include "kernels/pooling.h"
#include "launch.h"
#include "tensor.h"

namespace caffe4j {

/** From the dimensions N x C x H x W of the input side and those of the other side of the pooling. */
PoolingShape pooling_shape(const Dims& in, const Dims& out);
inline PoolingShape pooling_shape(const Tensor& input_side, const Tensor& output_side) {
  return pooling_shape(input_side.dims(), output_side.dims());
}

/** Calls f(patch, first input of the plane, output) for every window, planes spread over the threads. */
template <class F>
void for_windows(const Context& context, const PoolingWindow& window, const PoolingShape& s, const F& f) {
  context.enter();
#pragma omp parallel for schedule(static) if (s.inputs() + s.outputs() >= kSerialBelow)
  for (int64_t p = 0; p < s.planes(); ++p) {
    int64_t output = p * s.out_h * s.out_w;
    for (int64_t oh = 0; oh < s.out_h; ++oh) {
      for (int64_t ow = 0; ow < s.out_w; ++ow, ++output) f(PoolingPatch(window, s, oh, ow), p * s.height * s.width, output);
    }
  }
}

/** Place of each maximum in its plane, -1 for none. */
using PoolingMask = DeviceArray<int32_t>;

// Row-major values, where the context computes.

void max_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, float* y,
                         PoolingMask& mask);
void max_pooling_backward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const PoolingMask& mask, const float* dy,
                          float* dx);
void average_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, float* y);
void average_pooling_backward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* dy, float* dx);

/** Draws a value of each window in proportion to it; the gradient is that of MAX with the same mask. */
void stochastic_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, uint64_t seed, const float* x,
                                float* y, PoolingMask& mask);
/** y = sum x^2 / sum x, 0 where the sum is not positive. */
void expected_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, float* y);
void expected_pooling_backward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, const float* dy,
                               float* dx);

/** A MAX or AVE window over a shape as oneDNN describes it. */
struct DnnlPoolingWindow {
  DnnlPoolingWindow(int method, const PoolingWindow& window, const PoolingShape& s);

  /**
   * True where oneDNN means what Caffe means: every window begins in the input, and one divisor rule serves all windows of AVE. False also
   * for windows far larger than the input, for which its kernels are not made.
   */
  bool covered;
  dnnl::algorithm algorithm;
  Dims stride, kernel, dilation, before, after;
};

/** MAX and AVE through oneDNN. Each function returns false where it has no fast kernel or another idea of the result. */
class DnnlPooling {
 public:
  DnnlPooling(Context& context, int method, const PoolingWindow& window);
  ~DnnlPooling();

  bool forward(const PoolingShape& s, Tensor& bottom, Tensor& top, bool training);
  /** False also for MAX unless the last forward was this class's, in training, over the same shape. */
  bool backward(const PoolingShape& s, Tensor& top_diff, Tensor& bottom_diff);
  const std::string& implementation() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace caffe4j
