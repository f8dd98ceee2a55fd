#include "caffe4j/bias.h"

#include "channels.h"
#include "error.h"
#include "kernels/bias.h"

namespace caffe4j {

void bias_forward(Tensor* bottom, Tensor* bias, Tensor* top, int64_t inner) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& y = deref(top, "top");
  require_same_shape(x, y, "bottom and top of a Bias layer");
  const ChannelView view = channel_view(x, deref(bias, "bias").count(), inner);
  const ChannelValues shifts(bias, view);
  const float* from = values_as(x, view.layout);
  launch_channels(x.context(), view, BiasForward{from, shifts.data(), overwrite_values_as(y, view.layout)});
}

void bias_backward(Tensor* top_diff, Tensor* bias_diff, int64_t inner) {
  Tensor& dy = deref(top_diff, "top diff");
  Tensor& db = deref(bias_diff, "bias diff");
  const ChannelView view = channel_view(dy, db.count(), inner);
  const float* from = values_as(dy, view.layout);
  add_channel_sums(dy.context(), view, db.device_update(), BiasGradient{from});
}

}  // namespace caffe4j
