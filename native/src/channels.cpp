#include "channels.h"

#include "error.h"
#include "memory_order.h"

namespace caffe4j {

namespace {

int64_t outer_of(const Tensor& x, int64_t channels, int64_t inner) {
  require(channels >= 0 && inner >= 0 && (channels * inner == 0 ? x.count() == 0 : x.count() % (channels * inner) == 0), ErrorKind::SHAPE,
          "a blob of shape ", shape_string(x.dims()), " has no ", channels, " channels of ", inner);
  return x.count() == 0 ? 0 : x.count() / (channels * inner);
}

}  // namespace

ChannelView plain_view(const Tensor& x, int64_t channels, int64_t inner) {
  const int64_t outer = outer_of(x, channels, inner);
  if (inner == 1 && channels > 0) return {outer, channels, 1, 1, channels, x.plain_layout()};
  return {outer, channels, inner, channels, 1, x.plain_layout()};
}

ChannelView channel_view(const Tensor& x, int64_t channels, int64_t inner) {
  const int64_t outer = outer_of(x, channels, inner);
  const Dims& dims = x.dims();
  const MemoryOrder order = order_of(x);
  if (order.order != Order::PLAIN && dims[0] == outer && dims[1] == channels) {
    const int64_t block = order.order == Order::CHANNELS_LAST ? channels : order.block;
    return {outer, channels, inner, (channels + block - 1) / block, block, x.layout()};
  }
  if (channels == 1 && outer == 1) {
    const dnnl::memory::desc layout = elementwise_layout(x, false);
    return {1, 1, inner, 1, 1, layout};
  }
  return plain_view(x, channels, inner);
}

ChannelValues::ChannelValues(Tensor* values, const ChannelView& view) : data_(nullptr) {
  if (values == nullptr) return;
  require(values->count() == view.channels, ErrorKind::SHAPE, "expected one value for each of ", view.channels,
          " channels, got a blob of shape ", shape_string(values->dims()));
  data_ = values->device_read();
  if (view.padded() == view.channels) return;
  padded_.assign(size_t(view.padded()), 0.f);
  std::copy_n(data_, view.channels, padded_.begin());
  data_ = padded_.data();
}

}  // namespace caffe4j
