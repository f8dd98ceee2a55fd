#include "caffe4j/dropout.h"

#include "channels.h"
#include "error.h"
#include "kernels/dropout.h"

namespace caffe4j {

void dropout_forward(Tensor* bottom, Tensor* top, float ratio, int64_t seed) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& y = deref(top, "top");
  require_same_shape(x, y, "bottom and top of a Dropout layer");
  require(ratio >= 0 && ratio < 1, ErrorKind::INVALID, "dropout_ratio must be in [0, 1), got ", ratio);
  const Dims& dims = x.dims();
  const ChannelView view =
      dims.size() < 2 ? channel_view(x, 1, x.count()) : channel_view(x, dims[1], count_of(dims, 2, dims.size()));
  const float* from = values_as(x, view.layout);
  const uint32_t threshold = uint32_t(4294967296.0 * double(ratio));
  float* to = overwrite_values_as(y, view.layout);
  launch_channels(x.context(), view, Dropout{from, to, CounterRandom(uint64_t(seed)), threshold, 1 / (1 - ratio)});
}

}  // namespace caffe4j
