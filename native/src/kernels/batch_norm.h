#pragma once
#include "kernels/normalize.h"

namespace caffe4j {

/** relu((x - mean[c]) * factor[c] + shift[c]), or the same without relu. */
struct BatchAffine {
  const float* mean;
  const float* factor;
  const float* shift;
  C4J_KERNEL float at(float x, int64_t c) const { return fmaf(x - mean[c], factor[c], shift[c]); }
};

/** factor[c] = scale[c] / sqrt(variance[c] + eps), shift[c] = bias[c]; without scale 1 and without bias 0. */
struct BatchFactors {
  const float* variance;
  const float* scale;
  const float* bias;
  float* factor;
  float* shift;
  double eps;  // of 64 bits, as whole numbers are
  C4J_KERNEL void operator()(int64_t c) const {
    const float rate = 1 / sqrtf(variance[c] + float(eps));
    factor[c] = scale != nullptr ? scale[c] * rate : rate;
    shift[c] = bias != nullptr ? bias[c] : 0;
  }
};

/** Both for channel c, the factors from the statistics. */
struct BatchStatistics {
  ChannelStatistics statistics;
  BatchFactors factors;
  C4J_KERNEL void operator()(int64_t c) const {
    statistics(c);
    factors(c);
  }
};

/** y = (x - mean[c]) / sqrt(variance[c] + eps). */
struct BatchNormalize {
  const float* x;
  const float* mean;
  const float* variance;
  float* y;
  double eps;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const { y[i] = (x[i] - mean[c]) / sqrtf(variance[c] + float(eps)); }
};

/** dx = dy / sqrt(variance[c] + eps), its gradient where mean and variance are given. */
struct BatchNormalizeBackward {
  const float* dy;
  const float* variance;
  float* dx;
  double eps;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const { dx[i] = dy[i] / sqrtf(variance[c] + float(eps)); }
};

template <bool kRelu>
struct BatchAffineForward {
  const float* x;
  BatchAffine affine;
  float* y;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const {
    const float v = affine.at(x[i], c);
    y[i] = kRelu ? (v > 0 ? v : 0) + 0 * (v > 0 ? 0 : v) : v;  // as ReluForward
  }
};

/** The gradient in front of the ReLU; where there is none, it is dy. */
template <bool kRelu>
struct BatchGradient {
  const float* x;
  const float* dy;
  BatchAffine affine;
  C4J_KERNEL float at(int64_t i, int64_t c) const { return kRelu ? (affine.at(x[i], c) > 0 ? dy[i] : 0 * dy[i]) : dy[i]; }
};

/** An element's gradient, and that times x - mean[c]. */
template <bool kRelu>
struct BatchGradientMoments {
  BatchGradient<kRelu> gradient;
  C4J_KERNEL ChannelPair operator()(int64_t i, int64_t c) const {
    const double g = gradient.at(i, c);
    return {g, g * (gradient.x[i] - gradient.affine.mean[c])};
  }
};

/** Of channel c: what BatchAffineBackward subtracts, and what the gradients by scale and bias, which may be null, get added. */
struct BatchSlopes {
  ChannelPairs moments;
  double count;
  const float* variance;
  double eps;
  float* mean_gradient;
  float* slope;
  float* scale_diff;
  float* bias_diff;
  C4J_KERNEL void operator()(int64_t c) const {
    const ChannelPair sum = moments.of(c);
    const double rate = 1 / sqrt(double(variance[c] + float(eps)));
    mean_gradient[c] = float(sum.first / count);
    slope[c] = float(sum.second / count * rate * rate);
    if (scale_diff != nullptr) scale_diff[c] += float(sum.second * rate);
    if (bias_diff != nullptr) bias_diff[c] += float(sum.first);
  }
};

/** dx = factor[c] * (g - mean_gradient[c] - (x - mean[c]) * slope[c]), g being the gradient. dx may be dy. */
template <bool kRelu>
struct BatchAffineBackward {
  BatchGradient<kRelu> gradient;
  const float* mean_gradient;
  const float* slope;
  float* dx;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const {
    const BatchAffine& a = gradient.affine;
    const float g = gradient.at(i, c) - mean_gradient[c];
    dx[i] = a.factor[c] * (g - (gradient.x[i] - a.mean[c]) * slope[c]);
  }
};

/** Adds a batch's statistics to stored ones, whose weights fall by `fraction` with each batch; `correction` is what its variance is taken times. */
struct StoreStatistics {
  const float* mean;
  const float* variance;
  float* stored_mean;
  float* stored_variance;
  float* stored_weight;  // one for all channels
  float fraction;
  float correction;
  C4J_KERNEL void operator()(int64_t c) const {
    stored_mean[c] = fmaf(1, mean[c], fraction * stored_mean[c]);
    stored_variance[c] = fmaf(correction, variance[c], fraction * stored_variance[c]);
    if (c == 0) *stored_weight = fmaf(1, 1, fraction * *stored_weight);
  }
};

/** The statistics that stored ones stand for: divided by their weight, 0 where that is 0. */
struct LoadStatistics {
  const float* stored_mean;
  const float* stored_variance;
  const float* stored_weight;
  float* mean;
  float* variance;
  C4J_KERNEL void operator()(int64_t c) const {
    const float scale = *stored_weight == 0 ? 0 : 1 / *stored_weight;
    mean[c] = stored_mean[c] * scale;
    variance[c] = stored_variance[c] * scale;
  }
};

C4J_INSTANCES(BatchAffineForward<false>, BatchAffineForward<true>, BatchGradientMoments<false>, BatchGradientMoments<true>)
C4J_INSTANCES(BatchAffineBackward<false>, BatchAffineBackward<true>)

}  // namespace caffe4j
