#pragma once
#include "tensor.h"

namespace caffe4j {

/**
 * The place of the first value that, its fraction cut off, is not in [0, rows); -1 if all are. Indices that only a GPU has are counted
 * there and not brought over, unless one is wrong.
 */
int64_t first_outside(Tensor& indices, int64_t rows);

}  // namespace caffe4j
