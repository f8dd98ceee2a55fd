#pragma once
#include "rows.h"

namespace caffe4j {

/** The `top_k` largest channels of each item, on the host; see the API's argmax.h. */
void find_largest(const Context& context, const Split3& split, const float* x, float* y, int64_t top_k, bool indices, bool values);

}  // namespace caffe4j
