#pragma once
#include "kernels/vector_math.h"

namespace caffe4j {

/** masked[n, :] = cont[n] * state[n, :], 0 where cont is. `masked` may be `state`. */
struct MaskState {
  const float* cont;
  const float* state;
  float* masked;
  int64_t width;
  C4J_KERNEL void operator()(int64_t i) const { masked[i] = cont[i / width] == 0 ? 0 : cont[i / width] * state[i]; }
};

/** x = tanh(x). */
struct TanhInPlace {
  float* x;
  C4J_KERNEL void operator()(int64_t i) const { x[i] = tanhf(x[i]); }
};

/** dx = (dx + extra) * (1 - y * y), y being tanh's values; without `extra` it counts as 0. */
struct TanhBackwardInPlace {
  const float* y;
  const float* extra;
  float* dx;
  C4J_KERNEL void operator()(int64_t i) const { dx[i] = (dx[i] + (extra != nullptr ? extra[i] : 0)) * (1 - y[i] * y[i]); }
};

}  // namespace caffe4j
