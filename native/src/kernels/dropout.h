#pragma once
#include "kernels/random.h"

namespace caffe4j {

/** y = factor * x where the element's random number reaches the threshold, else 0. Serves the gradient too. */
struct Dropout {
  const float* x;
  float* y;
  CounterRandom random;
  uint32_t threshold;
  float factor;
  C4J_KERNEL void operator()(int64_t i, int64_t, int64_t plain) const { y[i] = random(plain) >= threshold ? factor * x[i] : 0; }
};

}  // namespace caffe4j
