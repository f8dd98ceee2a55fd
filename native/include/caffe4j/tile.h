#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/** top = bottom repeated `tiles` times along axis. */
C4J_API void tile_forward(Tensor* bottom, Tensor* top, int axis, int tiles);
/** bottom_diff = sum of top_diff over the repetitions. */
C4J_API void tile_backward(Tensor* top_diff, Tensor* bottom_diff, int axis, int tiles);

}  // namespace caffe4j
