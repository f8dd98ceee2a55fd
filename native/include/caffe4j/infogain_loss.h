#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * Sum of -matrix[label, c] log(max(probability of c, 1e-20)) over the classes c of outer x inner items; probabilities are
 * outer x channels x inner, the matrix is channels x channels, labels are outer x inner. Items with the label `ignore_label` count nothing
 * where `has_ignore_label` is true; another label outside [0, channels) throws DATA.
 */
C4J_API double infogain_loss_forward(Tensor* probability, Tensor* label, Tensor* matrix, int64_t outer, int64_t channels, int64_t inner,
                                     bool has_ignore_label, int ignore_label);
/**
 * bottom_diff = scale * the sum's gradient for the scores whose softmax the probabilities are; 0 for ignored items. The labels are those
 * that forward has seen, and are not checked again.
 */
C4J_API void infogain_loss_backward(Tensor* probability, Tensor* label, Tensor* matrix, Tensor* bottom_diff, int64_t outer, int64_t channels,
                                    int64_t inner, bool has_ignore_label, int ignore_label, float scale);

}  // namespace caffe4j
