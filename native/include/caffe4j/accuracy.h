#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * rank = for each of outer x inner items the number of classes whose score is at least that of the item's label, the label's own included:
 * 1 for a right answer, and ties count against it. Scores are outer x channels x inner. An item whose label is outside [0, channels)
 * gets 0.
 */
C4J_API void accuracy_rank(Tensor* score, Tensor* label, Tensor* rank, int64_t outer, int64_t channels, int64_t inner);

}  // namespace caffe4j
