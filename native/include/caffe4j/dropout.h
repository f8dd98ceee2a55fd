#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * top = bottom / (1 - ratio) for elements that a random number keeps, 0 for the others; an element is dropped with probability `ratio`
 * in [0, 1). Which ones depends on the seed and the element's row-major index alone, so the same call with diffs is the gradient. In
 * place allowed.
 */
C4J_API void dropout_forward(Tensor* bottom, Tensor* top, float ratio, int64_t seed);

}  // namespace caffe4j
