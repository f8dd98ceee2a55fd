#pragma once
#include <cmath>

#include "kernels/channel_pair.h"

namespace caffe4j {

/** An element and its square. */
struct Moments {
  const float* x;
  C4J_KERNEL ChannelPair operator()(int64_t i, int64_t) const {
    const double v = x[i];
    return {v, v * v};
  }
};

/** Mean and variance (over the number of values) of channel c. */
struct ChannelStatistics {
  ChannelPairs moments;
  double count;
  float* mean;
  float* variance;
  C4J_KERNEL void operator()(int64_t c) const {
    const ChannelPair sum = moments.of(c);
    const double m = sum.first / count, v = sum.second / count - m * m;
    mean[c] = float(m);
    variance[c] = v < 0 ? 0 : float(v);
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

/** An element's gradient, and that times the normalized value, 0 without one. */
struct NormalizedMoments {
  const float* y;
  const float* dy;
  C4J_KERNEL ChannelPair operator()(int64_t i, int64_t) const { return {dy[i], y != nullptr ? double(dy[i]) * y[i] : 0}; }
};

/** The means of both. */
struct NormalizedMeans {
  ChannelPairs moments;
  double count;
  float* mean;
  float* product;
  C4J_KERNEL void operator()(int64_t c) const {
    const ChannelPair sum = moments.of(c);
    mean[c] = float(sum.first / count);
    product[c] = float(sum.second / count);
  }
};

/** dx = (dy - mean of dy[c] - y * mean of dy * y[c]) / deviation[c], y being the normalized values; without y, its term is 0. */
struct NormalizeBackward {
  const float* y;
  const float* dy;
  const float* mean;
  const float* product;
  const float* deviation;
  float* dx;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const {
    const float slope = y != nullptr ? y[i] * product[c] : 0;
    dx[i] = (dy[i] - mean[c] - slope) / deviation[c];
  }
};

}  // namespace caffe4j
