#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

// Pairs of rows of `a` and `b`; `similar` has a number a pair, 0 (its fraction cut off) for rows that do not belong together.

/**
 * Sum over the pairs of d^2 for similar ones and max(margin - d, 0)^2 for others, d being the distance of the rows; `legacy` takes
 * max(margin - d^2, 0) for others. squared_distance gets d^2 of each pair, for backward.
 */
C4J_API double contrastive_loss_forward(Tensor* a, Tensor* b, Tensor* similar, Tensor* squared_distance, float margin, bool legacy);
/** diff = scale / 2 * the gradient of forward by a, which is that by b with the other sign; the derivative of d divides by d + 1e-4. */
C4J_API void contrastive_loss_backward(Tensor* a, Tensor* b, Tensor* similar, Tensor* squared_distance, Tensor* diff, float margin, bool legacy,
                                       float scale);

}  // namespace caffe4j
