#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

// A blob is seen as outer x channels x inner, `inner` being the product of the axes behind the ones that the scale covers; `scale`
// and `bias` have one value a channel, `bias` may be null.

/** top = scale * bottom + bias. In place allowed. */
C4J_API void scale_forward(Tensor* bottom, Tensor* scale, Tensor* bias, Tensor* top, int64_t inner);
/** bottom_diff = scale * top_diff. In place allowed. */
C4J_API void scale_backward(Tensor* top_diff, Tensor* scale, Tensor* bottom_diff, int64_t inner);
/** scale_diff += sum of bottom * top_diff over outer and inner. */
C4J_API void scale_backward_scale(Tensor* bottom, Tensor* top_diff, Tensor* scale_diff, int64_t inner);

}  // namespace caffe4j
