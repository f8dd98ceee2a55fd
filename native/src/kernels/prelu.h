#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

struct PReluForward {
  const float* x;
  const float* slope;
  float* y;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const {
    const float v = x[i];
    y[i] = (v > 0 ? v : 0) + slope[c] * (v > 0 ? 0 : v);
  }
};

struct PReluBackward {
  const float* x;
  const float* slope;
  const float* dy;
  float* dx;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const { dx[i] = (x[i] > 0 ? 1 : slope[c]) * dy[i]; }
};

/** What an element adds to the gradient of its channel's slope. */
struct PReluSlopeGradient {
  const float* x;
  const float* dy;
  C4J_KERNEL float operator()(int64_t i) const { return x[i] > 0 ? 0 : dy[i] * x[i]; }
};

}  // namespace caffe4j
