#pragma once
#include "tensor.h"

namespace caffe4j {

/** A sliding window over any number of spatial axes. */
struct Window {
  Dims kernel, stride, pad, dilation;

  /** Checked copies of arrays of `axes` numbers. Throws INVALID unless kernel, stride and dilation are positive, pad not negative. */
  static Window of(const int64_t* kernel, const int64_t* stride, const int64_t* pad, const int64_t* dilation, int axes);

  size_t axes() const { return kernel.size(); }
  /** Output positions an axis: floor((in + 2 pad - (dilation (kernel - 1) + 1)) / stride) + 1. Throws SHAPE where none fits. */
  Dims output(const Dims& input) const;
  /** True when an output value depends on one input position, the same one. */
  bool is_pointwise() const;

  /**
   * The strides, where an axis has a single output position as small as gives one. The same convolution; but kernels that oneDNN generates
   * for a stride far beyond the data crash.
   */
  Dims strides_over(const Dims& input) const;
  /** False where padding is longer than data and kernel, for which kernels are not generated either. */
  bool has_ordinary_padding(const Dims& input) const;
  /** True where a dilated window has places that lie in the padding alone, where one of oneDNN's kernels reads memory that is not there. */
  bool is_dilated_into_padding() const;
};

/** Unrolls `channels` planes of `input` shape into a (channels * kernel points) x (output positions) matrix. */
void im2col(const Context& context, const Window& window, int64_t channels, const Dims& input, const float* image, float* columns);

/** Sums the matrix back into the planes; `image` is overwritten. */
void col2im(const Context& context, const Window& window, int64_t channels, const Dims& input, const float* columns, float* image);

}  // namespace caffe4j
