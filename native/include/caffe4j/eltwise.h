#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

// The bottoms and the top have one shape. `count` bottoms, at least one.

/** top = sum of coeff[k] * bottoms[k]; a null coeff means 1 each. The top may be bottoms[0]. */
C4J_API void eltwise_sum(Tensor** bottoms, int count, const float* coeff, Tensor* top);
/** top = product of the bottoms. The top may be bottoms[0]. */
C4J_API void eltwise_product(Tensor** bottoms, int count, Tensor* top);
/** top = largest of the bottoms. The top may be bottoms[0]. */
C4J_API void eltwise_max(Tensor** bottoms, int count, Tensor* top);

/** bottom_diff = coeff * top_diff. */
C4J_API void eltwise_sum_backward(Tensor* top_diff, float coeff, Tensor* bottom_diff);
/**
 * bottom_diff = top_diff * the product of all bottoms but number `index`: by multiplying them, or (not stable) as top / bottom, which
 * is NaN where that bottom is 0.
 */
C4J_API void eltwise_product_backward(Tensor** bottoms, int count, Tensor* top, Tensor* top_diff, int index, bool stable,
                                      Tensor* bottom_diff);
/**
 * bottom_diff = top_diff where bottom number `index` is the one that top took its value from, else 0. Of equal values the second bottom's
 * goes before the first's, and an earlier one's before those from the third on.
 */
C4J_API void eltwise_max_backward(Tensor** bottoms, int count, Tensor* top_diff, int index, Tensor* bottom_diff);

}  // namespace caffe4j
