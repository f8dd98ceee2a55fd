#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * For each of `rows` equal parts of bottom: top = bottom - mean, over deviation = sqrt(variance) + eps where `normalize_variance` is true;
 * the deviations, one a row, are written for the backward. In place allowed.
 */
C4J_API void mvn_forward(Tensor* bottom, Tensor* top, Tensor* deviation, int64_t rows, bool normalize_variance, float eps);
/** bottom_diff from top and its diff, the deviations being those of the forward. In place allowed. */
C4J_API void mvn_backward(Tensor* top, Tensor* top_diff, Tensor* bottom_diff, Tensor* deviation, int64_t rows, bool normalize_variance);

}  // namespace caffe4j
