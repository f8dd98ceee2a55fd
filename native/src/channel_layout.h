#pragma once
#include <cstdint>

#include "tensor.h"

namespace caffe4j {

/**
 * Where channel c of pixel p of image n lies in a layout of N x C x (spatial axes): n * batch_stride + (c / block) * block_stride +
 * p * pixel_stride + c % block. Covers row-major (block 1), channels last (block C) and oneDNN's channel blocks.
 */
struct ChannelLayout {
  int64_t batch, channels, pixels;
  int64_t block, batch_stride, block_stride, pixel_stride;

  /** The first channel of a pixel. */
  int64_t at(int64_t n, int64_t pixel) const { return n * batch_stride + pixel * pixel_stride; }
  int64_t blocks() const { return (channels + block - 1) / block; }

  /** Sets what lies behind the last channel, in its block, to 0. */
  void clear_padding(float* values) const;

  /** Describes `layout` of at least two axes; false where it is of another kind. */
  static bool of(const dnnl::memory::desc& layout, ChannelLayout& result);
};

}  // namespace caffe4j
