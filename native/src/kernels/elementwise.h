#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

/** y = f(x). F is a function of one value. */
template <class F>
struct MapForward {
  const float* x;
  float* y;
  F f;
  C4J_KERNEL void operator()(int64_t i) const { y[i] = f(x[i]); }
};

/**
 * dx = f(x, y, dy). F names what it reads besides dy: kReadsX and kReadsY say whether x and y are there; what is not read is given as 0.
 */
template <class F>
struct MapBackward {
  const float* x;
  const float* y;
  const float* dy;
  float* dx;
  F f;
  C4J_KERNEL void operator()(int64_t i) const { dx[i] = f(F::kReadsX ? x[i] : 0, F::kReadsY ? y[i] : 0, dy[i]); }
};

}  // namespace caffe4j
