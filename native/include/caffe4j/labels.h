#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/** How many labels, cut to whole numbers, are not `ignore_label`. Those that only a GPU has are counted there. */
C4J_API int64_t labels_count(Tensor* label, int ignore_label);

}  // namespace caffe4j
