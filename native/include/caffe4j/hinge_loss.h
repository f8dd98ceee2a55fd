#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * Sum of max(0, 1 - y s), or of its square where `squared` is true, over the scores s of items x classes; y is 1 for the label's score and
 * -1 for the others. A label outside [0, classes) throws DATA.
 */
C4J_API double hinge_loss_forward(Tensor* score, Tensor* label, int64_t items, int64_t classes, bool squared);
/** score_diff = scale * the sum's gradient, 0 at the kink. The labels are those that forward has seen, and are not checked again. */
C4J_API void hinge_loss_backward(Tensor* score, Tensor* label, Tensor* score_diff, int64_t items, int64_t classes, bool squared, float scale);

}  // namespace caffe4j
