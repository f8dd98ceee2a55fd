#pragma once
#include "channels.h"

namespace caffe4j {

/** Mean and variance (over the number of values) of every channel, on a GPU. */
void channel_statistics(const Context& context, const ChannelView& view, const float* x, float* mean, float* variance);

/**
 * On a GPU: the gradient of y = (x - mean) / deviation for each channel, its mean and deviation being those of x; without y, of y = (x - mean) /
 * deviation over deviations that are constants. dx may share dy's values.
 */
void normalize_backward(Context& context, const ChannelView& view, const float* y, const float* dy, const float* deviation, Tensor& dx);

}  // namespace caffe4j
