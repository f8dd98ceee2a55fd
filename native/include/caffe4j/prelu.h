#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * top = max(bottom, 0) + slope * min(bottom, 0). The bottom is N x C x ...; slope has one value a channel, or one for all. In place
 * allowed.
 */
C4J_API void prelu_forward(Tensor* bottom, Tensor* slope, Tensor* top);
/** bottom_diff = top_diff where bottom > 0, slope * top_diff elsewhere. In place (bottom_diff = top_diff) allowed. */
C4J_API void prelu_backward(Tensor* bottom, Tensor* top_diff, Tensor* slope, Tensor* bottom_diff);
/** slope_diff += sum of top_diff * min(bottom, 0) over each slope's elements. */
C4J_API void prelu_backward_slope(Tensor* bottom, Tensor* top_diff, Tensor* slope_diff);

}  // namespace caffe4j
