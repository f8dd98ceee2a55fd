#pragma once
#include "channels.h"

namespace caffe4j {

/** What follows a batch normalization in the same pass: y = scale[c] * normalized + bias[c], then ReLU or not. */
struct NormalizedAffine {
  const float *mean, *variance;
  float eps;
  const float *scale, *bias;  // a null bias is zeros
  bool relu;

  /** 1 / the deviation. */
  float rate(int64_t channel) const;
};

/** True where the loops below are for the view: blocks of channels. */
bool blocked_affine_suits(const ChannelView& view);

/**
 * Writes mean and variance (over the number of values) of each channel to arrays of view.channels, which are those of `affine`, and y with
 * them. x and y differ.
 */
void blocked_affine_forward(const Context& context, const ChannelView& view, const float* x, const NormalizedAffine& affine, float* mean,
                            float* variance, float* y);

/** dx from dy, whose values it may take the place of; adds the gradients by scale and bias to arrays of view.channels or null. */
void blocked_affine_backward(const Context& context, const ChannelView& view, const float* x, const float* dy, const NormalizedAffine& affine,
                             float* dx, float* scale_diff, float* bias_diff);

}  // namespace caffe4j
