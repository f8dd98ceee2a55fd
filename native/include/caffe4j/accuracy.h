#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * accuracy = the share of right answers among outer x inner items, whose scores are outer x channels x inner. An answer is right if at most
 * `top_k` classes, the label's own included, score at least as high as the label's: ties count against it. Items with the label `ignore_label` are left out where
 * `has_ignore_label` is true; of no items the share is 0. class_accuracy, which may be null, = the same for the items of each
 * class. Another label outside [0, channels) throws DATA. On a GPU nothing is copied, but for one number where only the GPU has the labels.
 */
C4J_API void accuracy_forward(Tensor* score, Tensor* label, Tensor* accuracy, Tensor* class_accuracy, int64_t outer, int64_t channels,
                              int64_t inner, int64_t top_k, bool has_ignore_label, int ignore_label);

}  // namespace caffe4j
