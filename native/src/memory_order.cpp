#include "memory_order.h"

#include "error.h"

namespace caffe4j {

using Tag = dnnl::memory::format_tag;

namespace {
constexpr int64_t kBlocks[] = {16, 8, 4};

Tag tag_of(const MemoryOrder& order, size_t axes) {
  if (order.order == Order::CHANNELS_LAST) return axes == 3 ? Tag::nwc : axes == 4 ? Tag::nhwc : Tag::ndhwc;
  switch (order.block) {
    case 16: return axes == 3 ? Tag::nCw16c : axes == 4 ? Tag::nChw16c : Tag::nCdhw16c;
    case 8: return axes == 3 ? Tag::nCw8c : axes == 4 ? Tag::nChw8c : Tag::nCdhw8c;
    default: return axes == 3 ? Tag::nCw4c : axes == 4 ? Tag::nChw4c : Tag::nCdhw4c;
  }
}
}  // namespace

dnnl::memory::desc MemoryOrder::layout(const Dims& dims, dnnl::memory::data_type type) const {
  if (order == Order::PLAIN) {
    const dnnl::memory::desc plain = row_major(dims);
    return dnnl::memory::desc(plain.get_dims(), type, plain.get_strides());
  }
  require(dims.size() >= 3 && dims.size() <= 5, ErrorKind::INTERNAL, "no blocked layout for ", dims.size(), " axes");
  return dnnl::memory::desc(dims, type, tag_of(*this, dims.size()));
}

MemoryOrder order_of(const Tensor& x) {
  const size_t axes = x.dims().size();
  if (axes < 3 || axes > 5 || x.has_plain_layout()) return {};
  const dnnl::memory::desc& layout = x.layout();
  const MemoryOrder last{Order::CHANNELS_LAST, 1};
  if (layout == last.layout(x.dims())) return last;
  for (int64_t block : kBlocks) {
    const MemoryOrder blocked{Order::BLOCKED, block};
    if (layout == blocked.layout(x.dims())) return blocked;
  }
  return {};
}

}  // namespace caffe4j
