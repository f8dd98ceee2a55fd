#include "caffe4j/scale.h"

#include "channels.h"
#include "error.h"
#include "kernels/scale.h"

namespace caffe4j {

void scale_forward(Tensor* bottom, Tensor* scale, Tensor* bias, Tensor* top, int64_t inner) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& y = deref(top, "top");
  require_same_shape(x, y, "bottom and top of a Scale layer");
  const ChannelView view = channel_view(x, deref(scale, "scale").count(), inner);
  const ChannelValues factors(scale, view), shifts(bias, view);
  const float* from = values_as(x, view.layout);
  float* to = overwrite_values_as(y, view.layout);
  if (bias == nullptr) {
    launch_channels(x.context(), view, ScaleForward<false>{from, factors.data(), nullptr, to});
  } else {
    launch_channels(x.context(), view, ScaleForward<true>{from, factors.data(), shifts.data(), to});
  }
}

void scale_backward(Tensor* top_diff, Tensor* scale, Tensor* bottom_diff, int64_t inner) {
  scale_forward(top_diff, scale, nullptr, bottom_diff, inner);
}

void scale_backward_scale(Tensor* bottom, Tensor* top_diff, Tensor* scale_diff, int64_t inner) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& dy = deref(top_diff, "top diff");
  Tensor& ds = deref(scale_diff, "scale diff");
  require_same_shape(x, dy, "bottom and top of a Scale layer");
  const ChannelView view = channel_view(dy, ds.count(), inner);
  const float* values = values_as(x, view.layout);
  const float* from = values_as(dy, view.layout);
  add_channel_sums(x.context(), view, ds.device_update(), ScaleGradient{values, from});
}

}  // namespace caffe4j
