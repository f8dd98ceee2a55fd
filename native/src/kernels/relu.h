#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

struct ReluForward {
  const float* x;
  float* y;
  float negative_slope;
  C4J_KERNEL void operator()(int64_t i) const {
    const float v = x[i];
    y[i] = (v > 0 ? v : 0) + negative_slope * (v > 0 ? 0 : v);  // the sum turns -0 into 0, as in Caffe
  }
};

struct ReluBackward {
  const float* x;
  const float* dy;
  float* dx;
  float negative_slope;
  C4J_KERNEL void operator()(int64_t i) const { dx[i] = x[i] > 0 ? dy[i] : negative_slope * dy[i]; }
};

}  // namespace caffe4j
