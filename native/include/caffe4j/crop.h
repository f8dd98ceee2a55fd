#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/** top = the part of bottom that begins at offset (one number an axis) and has top's size. */
C4J_API void crop_forward(Tensor* bottom, const int64_t* offset, Tensor* top);
/** bottom_diff = top_diff in that part, 0 elsewhere. */
C4J_API void crop_backward(Tensor* top_diff, const int64_t* offset, Tensor* bottom_diff);

}  // namespace caffe4j
