#include "channel_layout.h"

#include <algorithm>

namespace caffe4j {

void ChannelLayout::clear_padding(float* values) const {
  const int64_t padding = blocks() * block - channels;
  for (int64_t n = 0; padding > 0 && n < batch; ++n) {
    for (int64_t p = 0; p < pixels; ++p) std::fill_n(values + at(n, p) + (blocks() - 1) * block_stride + block - padding, padding, 0.f);
  }
}

bool ChannelLayout::of(const dnnl::memory::desc& layout, ChannelLayout& result) {
  const Dims dims = layout.get_dims(), strides = layout.get_strides();
  if (dims.size() < 2) return false;
  const int nblocks = layout.get_inner_nblks();
  if (nblocks > 1 || (nblocks == 1 && layout.get_inner_idxs()[0] != 1)) return false;
  ChannelLayout& r = result;
  r.batch = dims[0];
  r.channels = dims[1];
  r.pixels = count_of(dims, 2, dims.size());
  r.batch_stride = strides[0];
  r.block_stride = strides[1];
  // The strides of axes of length 1 mean nothing, so the pixel stride is that of the last longer axis, and the others must follow from it.
  r.pixel_stride = 0;
  int64_t inside = 1;
  for (size_t i = dims.size(); i-- > 2;) {
    if (dims[i] == 1) continue;
    if (r.pixel_stride == 0) r.pixel_stride = strides[i];
    if (strides[i] != r.pixel_stride * inside) return false;
    inside *= dims[i];
  }
  if (nblocks == 1) {
    r.block = layout.get_inner_blks()[0];
  } else if (strides[1] == 1 && r.pixels > 1 && r.pixel_stride >= r.channels) {
    r.block = std::max<int64_t>(r.channels, 1);
  } else {
    r.block = 1;
  }
  if (r.pixel_stride == 0) r.pixel_stride = r.block;
  return true;
}

}  // namespace caffe4j
