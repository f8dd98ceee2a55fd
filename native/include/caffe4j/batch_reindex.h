#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

// `index` holds item numbers as floats, cut to integers; one outside the items of bottom throws DATA.

/** Item i of top = item index[i] of bottom; items are what the first axis counts. */
C4J_API void batch_reindex_forward(Tensor* bottom, Tensor* index, Tensor* top);
/** bottom_diff = for every item the sum of the top diffs of its copies, 0 for one without. */
C4J_API void batch_reindex_backward(Tensor* top_diff, Tensor* index, Tensor* bottom_diff);

}  // namespace caffe4j
