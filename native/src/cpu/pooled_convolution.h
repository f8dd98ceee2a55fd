#pragma once
#include <algorithm>
#include <vector>

#include "cpu/pooled_convolution_row.h"

namespace caffe4j {

/**
 * A convolution of one group without dilation, a ReLU, a pooling, MAX or AVE, and another ReLU in one pass with channels-last results: no value of
 * the convolution is kept, each goes from a register into the windows of the pooling that hold it. Threads share the rows; those of the pooling that
 * two of them have values for are joined in the end.
 *
 * Immutable; any thread may run it.
 */
class PooledConvolution {
 public:
  /** True where there are kernels for such sizes. */
  static bool covers(const ConvolutionSizes& convolution, const PoolingWindow& window, const PoolingShape& pooled);

  /**
   * @param bias a value for each output
   * @param slope of values below 0 of the convolution's result; 1 for no activation
   * @param pooled_slope the same of the pooling's result
   * @param pooled the pooling's sizes
   */
  PooledConvolution(const ConvolutionSizes& convolution, std::vector<float> bias, float slope, bool max, float pooled_slope,
                    const PoolingWindow& window, const PoolingShape& pooled);

  /** Floats of memory that each of the workers needs. */
  int64_t scratch() const { return std::max<int64_t>(1, (own_slots() + slots_ - 1) * row_); }
  /** The most workers that have enough to do. */
  int workers(int threads) const;
  /** Outputs of one vector, the block of the weights' layout. */
  int64_t lanes() const { return lanes_; }

  /**
   * @param weights [outputs / lanes][kernel_h][kernel_w][channels][lanes], for a row-major input [outputs / lanes][channels][kernel_h][kernel_w][lanes]
   * @param scratch of that many workers
   */
  void run(const float* x, const float* weights, float* y, float* scratch, int workers) const;

 private:
  struct Range {
    int64_t begin, end;
    Range part(int64_t i, int64_t parts) const { return {begin + (end - begin) * i / parts, begin + (end - begin) * (i + 1) / parts}; }
  };

  /** Some rows of the pooling, of all images, and some groups of outputs. */
  void run_part(const float* x, const float* weights, float* y, float* scratch, Range rows, Range groups) const;
  /** Rows of the pooling of one image. */
  void run_image(PooledConvolutionRow& row, int64_t group, float* y, float* scratch, Range rows) const;
  int64_t vectors_of(int64_t group) const { return std::min(vectors_, pixel_ / lanes_ - group * vectors_); }
  /** The first row of the convolution that is computed for the pooling's rows from `oh` on. */
  int64_t first_row(int64_t oh) const { return std::clamp<int64_t>(oh == 0 ? 0 : window_.h.start(oh), 0, c_.out_h); }
  /** Rows of the pooling that a worker keeps until they are complete: none where outputs fill vectors, as they may grow in their places then. */
  int64_t own_slots() const { return pixel_ == c_.outputs ? 0 : slots_; }
  /** Where a row of the pooling of an image grows, for a worker whose first row is `begin`; `early` is the first that the worker before began. */
  float* growing_row(float* y, float* scratch, int64_t oh, int64_t early, int64_t begin) const {
    if (oh < begin) return scratch + (own_slots() + oh - early) * row_;
    return own_slots() == 0 ? y + oh * row_ : scratch + oh % slots_ * row_;
  }
  /** Adds what the worker behind found for rows that this one began, `begin` being the first that it did not. */
  void join(float* y, float* scratch, float* behind, int64_t begin) const;
  /** Makes the results of some outputs of what grew in `row`. */
  void finish(const float* row, int64_t first, int64_t count, int64_t oh, float* y) const;

  ConvolutionSizes c_;
  std::vector<float> bias_;  // as long as whole vectors
  float slope_;
  bool max_;
  float pooled_slope_;
  PoolingWindow window_;
  PoolingShape pooled_;
  int64_t lanes_, groups_, vectors_;  // of outputs: vectors of a group are computed together
  int64_t slots_, pixel_, row_;       // rows of the pooling that one of the convolution goes into, the floats of their pixels, and theirs
};

}  // namespace caffe4j
