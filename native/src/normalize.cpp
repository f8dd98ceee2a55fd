#include "normalize.h"

#include "kernels/bias.h"
#include "kernels/math.h"
#include "kernels/normalize.h"
#include "kernels/scale.h"

namespace caffe4j {

void channel_statistics(const Context& context, const ChannelView& view, const float* x, float* mean, float* variance) {
  const float rate = 1 / float(view.outer * view.inner);
  launch(context, view.channels, Fill{mean, 0});
  launch(context, view.channels, Fill{variance, 0});
  add_channel_sums(context, view, mean, BiasGradient{x});
  launch(context, view.channels, ScaleBy{mean, rate});
  add_channel_sums(context, view, variance, SquaredDeviation{x, mean, view.channels, view.inner});
  launch(context, view.channels, ScaleBy{variance, rate});
}

void normalize_backward(Context& context, const ChannelView& view, const float* y, const float* dy, const float* deviation, Tensor& dx) {
  float* sums = context.scratch(2 * view.channels);
  float* products = sums + view.channels;
  launch(context, 2 * view.channels, Fill{sums, 0});
  add_channel_sums(context, view, sums, BiasGradient{dy});
  if (y != nullptr) add_channel_sums(context, view, products, ScaleGradient{y, dy});
  launch_channels(context, view,
                  NormalizeBackward{y, dy, sums, products, deviation, dx.device_overwrite(), 1 / float(view.outer * view.inner)});
}

}  // namespace caffe4j
