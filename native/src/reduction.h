#pragma once
#include "channel_layout.h"
#include "context.h"

namespace caffe4j {

/** y[p] = coeff * the reduction of part p of `parts` consecutive parts of `size` floats, on the host; see the API's reduction.h. */
void reduce_parts(const Context& context, int operation, const float* x, int64_t parts, int64_t size, float* y, float coeff);
/** y[n, c] = coeff * the reduction of channel c of image n, of values with their channels side by side: last, or in blocks of a multiple of 16. */
void reduce_channels(const Context& context, int operation, const ChannelLayout& layout, const float* x, float* y, float coeff);

}  // namespace caffe4j
