#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * Sum over all elements of -(t log(s) + (1 - t) log(1 - s)), s being the sigmoid of `bottom` and t the target. Elements whose target, cut
 * to a whole number, is `ignore_label` count nothing where `has_ignore_label` is true.
 */
C4J_API double sigmoid_cross_entropy_loss_forward(Tensor* bottom, Tensor* target, bool has_ignore_label, int ignore_label);
/** bottom_diff = scale * (s - t); 0 for ignored elements. */
C4J_API void sigmoid_cross_entropy_loss_backward(Tensor* bottom, Tensor* target, Tensor* bottom_diff, bool has_ignore_label,
                                                 int ignore_label, float scale);

}  // namespace caffe4j
