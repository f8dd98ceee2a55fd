#pragma once
#include "caffe4j/engine.h"
#include "caffe4j/tensor.h"

namespace caffe4j {

/** top = max(bottom, 0) + negative_slope * min(bottom, 0). In place allowed. On a GPU the engine, one of Engine, decides; cuDNN takes slope 0. */
C4J_API void relu_forward(Tensor* bottom, Tensor* top, float negative_slope, int engine = ENGINE_DEFAULT);
/** bottom_diff = top_diff where bottom > 0, negative_slope * top_diff elsewhere (also at 0). `bottom` may be the output (in place). */
C4J_API void relu_backward(Tensor* bottom, Tensor* top_diff, Tensor* bottom_diff, float negative_slope, int engine = ENGINE_DEFAULT);

}  // namespace caffe4j
