#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * Sum of -log(max(probability of the label, FLT_MIN)) over outer x inner items; probabilities are outer x channels x inner, labels
 * outer x inner, truncated to whole numbers. Items with the label `ignore_label` count nothing where `has_ignore_label` is true. Any other
 * label outside [0, channels) throws DATA.
 */
C4J_API double softmax_loss_forward(Tensor* probability, Tensor* label, int64_t outer, int64_t channels, int64_t inner,
                                    bool has_ignore_label, int ignore_label);
/**
 * bottom_diff = scale * (probability - 1 at the label); 0 for ignored items. On a GPU the labels are those that forward has seen, and are
 * not checked again: an item whose label is no class is an ignored one.
 */
C4J_API void softmax_loss_backward(Tensor* probability, Tensor* label, Tensor* bottom_diff, int64_t outer, int64_t channels, int64_t inner,
                                   bool has_ignore_label, int ignore_label, float scale);

}  // namespace caffe4j
