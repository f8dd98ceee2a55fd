#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

enum ReductionOperation {
  /** sum of x */
  REDUCTION_SUM = 1,
  /** sum of |x|; the gradient at 0 is 0 */
  REDUCTION_ASUM = 2,
  /** sum of x^2 */
  REDUCTION_SUMSQ = 3,
};

/** Every element of top = coeff * the reduction of one of the equal, consecutive parts of bottom; accumulated in double. */
C4J_API void reduction_forward(int operation, Tensor* bottom, Tensor* top, float coeff);
/** bottom_diff = gradient of that. */
C4J_API void reduction_backward(int operation, Tensor* bottom, Tensor* top_diff, Tensor* bottom_diff, float coeff);

}  // namespace caffe4j
