#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/** top = bottom + bias, bottom seen as outer x channels x inner, one bias a channel. In place allowed. */
C4J_API void bias_forward(Tensor* bottom, Tensor* bias, Tensor* top, int64_t inner);
/** bias_diff += sum of top_diff over outer and inner. */
C4J_API void bias_backward(Tensor* top_diff, Tensor* bias_diff, int64_t inner);

}  // namespace caffe4j
