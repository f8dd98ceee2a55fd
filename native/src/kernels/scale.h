#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

/** y = scale[c] * x, and + bias[c] where there is a bias; c is the element's channel. */
template <bool kBias>
struct ScaleForward {
  const float* x;
  const float* scale;
  const float* bias;
  float* y;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const { y[i] = scale[c] * x[i] + (kBias ? bias[c] : 0); }
};

/** What an element adds to the gradient of its channel's scale. */
struct ScaleGradient {
  const float* x;
  const float* dy;
  C4J_KERNEL float operator()(int64_t i) const { return dy[i] * x[i]; }
};

C4J_INSTANCES(ScaleForward<false>, ScaleForward<true>)

}  // namespace caffe4j
