#pragma once
#include "caffe4j/engine.h"
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
 * here)^-beta, with zeros outside the array. `size` is odd. In place allowed. On a GPU the
 * engine, one of Engine, decides; cuDNN takes sizes up to 16.
 */
C4J_API void lrn_forward(Tensor* bottom, Tensor* top, int region, int64_t size, float alpha, float beta, float k,
                         int engine = ENGINE_DEFAULT);
C4J_API void lrn_backward(Tensor* bottom, Tensor* top_diff, Tensor* bottom_diff, int region, int64_t size, float alpha, float beta, float k,
                         int engine = ENGINE_DEFAULT);

}  // namespace caffe4j
