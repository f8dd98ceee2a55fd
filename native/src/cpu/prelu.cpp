#include "caffe4j/prelu.h"

#include "channels.h"
#include "error.h"
#include "kernels/prelu.h"

namespace caffe4j {

namespace {
ChannelView view_for(const Tensor& x, const Tensor& slope) {
  if (slope.count() == 1) return channel_view(x, 1, x.count());
  require(x.axes() >= 2 && x.dims()[1] == slope.count(), ErrorKind::SHAPE, "PReLU has ", slope.count(),
          " slopes, which do not fit the channels of a bottom of shape ", shape_string(x.dims()));
  return channel_view(x, slope.count(), count_of(x.dims(), 2, x.dims().size()));
}
}  // namespace

void prelu_forward(Tensor* bottom, Tensor* slope, Tensor* top) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& y = deref(top, "top");
  require_same_shape(x, y, "PReLU's bottom and top");
  const ChannelView view = view_for(x, deref(slope, "slope"));
  const ChannelValues slopes(slope, view);
  const float* from = values_as(x, view.layout);
  launch_channels(x.context(), view, PReluForward{from, slopes.data(), overwrite_values_as(y, view.layout)});
}

void prelu_backward(Tensor* bottom, Tensor* top_diff, Tensor* slope, Tensor* bottom_diff) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& dy = deref(top_diff, "top diff");
  Tensor& dx = deref(bottom_diff, "bottom diff");
  require_same_shape(x, dy, "PReLU's bottom and top");
  require_same_shape(x, dx, "PReLU's bottom and top");
  const ChannelView view = view_for(dy, deref(slope, "slope"));
  const ChannelValues slopes(slope, view);
  const float* values = values_as(x, view.layout);
  const float* from = values_as(dy, view.layout);
  launch_channels(x.context(), view, PReluBackward{values, slopes.data(), from, overwrite_values_as(dx, view.layout)});
}

void prelu_backward_slope(Tensor* bottom, Tensor* top_diff, Tensor* slope_diff) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& dy = deref(top_diff, "top diff");
  Tensor& ds = deref(slope_diff, "slope diff");
  require_same_shape(x, dy, "PReLU's bottom and top");
  const ChannelView view = view_for(dy, ds);
  const float* values = values_as(x, view.layout);
  const float* from = values_as(dy, view.layout);
  add_channel_sums(x.context(), view, ds.device_update(), PReluSlopeGradient{values, from});
}

}  // namespace caffe4j
