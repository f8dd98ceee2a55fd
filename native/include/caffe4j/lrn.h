#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

enum LrnRegion {
  /** A window of `size` channels at one point. */
  LRN_ACROSS_CHANNELS = 0,
  /** A window of `size` x `size` points in one channel. */
  LRN_WITHIN_CHANNEL = 1
};

/**
 * Local response normalization of N x C x H x W: top = bottom * (k + alpha / values in a window * sum of squares in the window centred
 * here)^-beta, with zeros outside the array. `size` is odd. In place allowed.
 */
C4J_API void lrn_forward(Tensor* bottom, Tensor* top, int region, int64_t size, float alpha, float beta, float k);
C4J_API void lrn_backward(Tensor* bottom, Tensor* top_diff, Tensor* bottom_diff, int region, int64_t size, float alpha, float beta, float k);

}  // namespace caffe4j
