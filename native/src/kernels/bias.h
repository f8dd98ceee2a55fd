#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

/** y = x + bias[c]; c is the element's channel. */
struct BiasForward {
  const float* x;
  const float* bias;
  float* y;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const { y[i] = x[i] + bias[c]; }
};

/** What an element adds to the gradient of its channel's bias. */
struct BiasGradient {
  const float* dy;
  C4J_KERNEL float operator()(int64_t i) const { return dy[i]; }
};

}  // namespace caffe4j
