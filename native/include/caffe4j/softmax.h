#pragma once
#include "caffe4j/engine.h"
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * top = e^bottom over its sum along the middle of outer x channels x inner, the largest value subtracted first. Row-major. In place
 * allowed. On a GPU the engine, one of Engine, decides.
 */
C4J_API void softmax_forward(Tensor* bottom, Tensor* top, int64_t outer, int64_t channels, int64_t inner, int engine = ENGINE_DEFAULT);
/** bottom_diff = (top_diff - sum of top_diff * top along the channels) * top. In place allowed. */
C4J_API void softmax_backward(Tensor* top, Tensor* top_diff, Tensor* bottom_diff, int64_t outer, int64_t channels, int64_t inner, int engine = ENGINE_DEFAULT);

}  // namespace caffe4j
