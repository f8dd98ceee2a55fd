#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/** Sum of -log(max(probability of the label, 1e-20)) over the probabilities of items x classes. A label outside [0, classes) throws DATA. */
C4J_API double multinomial_logistic_loss_forward(Tensor* probability, Tensor* label, int64_t items, int64_t classes);
/** probability_diff = scale * the sum's gradient. The labels are those that forward has seen, and are not checked again. */
C4J_API void multinomial_logistic_loss_backward(Tensor* probability, Tensor* label, Tensor* probability_diff, int64_t items, int64_t classes,
                                                float scale);

}  // namespace caffe4j
