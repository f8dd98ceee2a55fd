#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * top = e^bottom over its sum along the middle of outer x channels x inner, the largest value subtracted first. Row-major. In place
 * allowed.
 */
C4J_API void softmax_forward(Tensor* bottom, Tensor* top, int64_t outer, int64_t channels, int64_t inner);
/** bottom_diff = (top_diff - sum of top_diff * top along the channels) * top. In place allowed. */
C4J_API void softmax_backward(Tensor* top, Tensor* top_diff, Tensor* bottom_diff, int64_t outer, int64_t channels, int64_t inner);

}  // namespace caffe4j
