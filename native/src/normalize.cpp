#include "normalize.h"

#include "kernels/normalize.h"

namespace caffe4j {

void channel_statistics(const Context& context, const ChannelView& view, const float* x, float* mean, float* variance) {
  const ChannelPairs moments = channel_pairs(context, view, Moments{x});
  launch(context, view.channels, ChannelStatistics{moments, double(view.outer * view.inner), mean, variance});
}

void normalize_backward(Context& context, const ChannelView& view, const float* y, const float* dy, const float* deviation, Tensor& dx) {
  const ChannelPairs moments = channel_pairs(context, view, NormalizedMoments{y, dy});
  float *mean = context.scratch(2 * view.channels), *product = mean + view.channels;
  launch(context, view.channels, NormalizedMeans{moments, double(view.outer * view.inner), mean, product});
  launch_channels(context, view, NormalizeBackward{y, dy, mean, product, deviation, dx.device_overwrite()});
}

}  // namespace caffe4j
