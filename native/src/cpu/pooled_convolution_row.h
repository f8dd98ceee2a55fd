#pragma once
#include "kernels/pooling.h"

namespace caffe4j {

/** Sizes of a convolution of one group without dilation. */
struct ConvolutionSizes {
  int64_t batch, channels, height, width;
  int64_t outputs, out_h, out_w;
  int64_t kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w;
  bool planar;  // the input is row-major, else its channels are last

  int64_t work() const { return batch * outputs * out_h * out_w * channels * kernel_h * kernel_w; }
};

/**
 * A row of a convolution's results, of some vectors of outputs, on its way into the rows of the pooling that read it: blocks of neighbouring pixels
 * stay in registers while their products are added up, and go into sums or maxima from there.
 */
struct PooledConvolutionRow {
  static constexpr int64_t kMostVectors = 3;  // of outputs, each of 4, 8 or 16 lanes
  static constexpr int64_t kMostWindows = 8;  // one above another that may hold a row
  /** Pixels of a block from which padding may take a column of the kernel, and the shortest row that may have padding. */
  static constexpr int64_t kMostPadded = 2, kShortestPadded = 8;

  const ConvolutionSizes& c;
  const PoolingWindow& window;
  bool max;
  float slope;     // of results below 0
  int64_t pool_w;  // windows side by side
  int64_t pixel;
  int64_t row = 0;
  const float* image = nullptr;
  const float* weights = nullptr;  // [vectors][planes][kernel_h][kernel_w][channels of a plane][lanes]
  const float* bias = nullptr;
  int64_t windows = 0;           // that hold this row
  float* to[kMostWindows] = {};  // [pool_w][vectors][lanes] of each, the pixels `pixel` floats apart

  /** Lanes of the vectors that are quickest for so many outputs. */
  static int64_t lanes(int64_t outputs);
  void compute(int64_t lanes, int64_t vectors) const;
};

}  // namespace caffe4j
