#pragma once
#include <cmath>

#include "kernels/kernel.h"

namespace caffe4j {

/** What an element adds to its channel's sum of squared deviations; elements are outer x channels x inner. */
struct SquaredDeviation {
  const float* x;
  const float* mean;
  int64_t channels, inner;
  C4J_KERNEL float operator()(int64_t i) const {
    const float d = x[i] - mean[i / inner % channels];
    return d * d;
  }
};

/** deviation[c] = sqrt(variance[c] + inside) + outside. */
struct DeviationOf {
  const float* variance;
  float* deviation;
  float inside, outside;
  C4J_KERNEL void operator()(int64_t c) const { deviation[c] = sqrtf(variance[c] + inside) + outside; }
};

/** y = (x - mean[c]) / deviation[c]. */
struct NormalizeForward {
  const float* x;
  const float* mean;
  const float* deviation;
  float* y;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const { y[i] = (x[i] - mean[c]) / deviation[c]; }
};

/** dx = (dy - sum(dy)[c] / n - y * sum(dy * y)[c] / n) / deviation[c], y being the normalized values and `rate` 1 / n; without y, its term is 0. */
struct NormalizeBackward {
  const float* y;
  const float* dy;
  const float* dy_sum;
  const float* dy_y_sum;
  const float* deviation;
  float* dx;
  float rate;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const {
    const float slope = y != nullptr ? y[i] * dy_y_sum[c] * rate : 0;
    dx[i] = (dy[i] - dy_sum[c] * rate - slope) / deviation[c];
  }
};

/** y = x / divisor[c]. */
struct DivideChannels {
  const float* x;
  const float* divisor;
  float* y;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const { y[i] = x[i] / divisor[c]; }
};

}  // namespace caffe4j
