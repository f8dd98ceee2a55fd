#pragma once
#include <vector>

#include "kernels/pooling.h"

namespace caffe4j {

/**
 * A convolution of one group without dilation and padding, a ReLU and a pooling, MAX or AVE, in one pass over channels-last values: each thread keeps
 * just the rows of the convolution's results that a row of the pooling reads, of some channels at a time.
 *
 * Immutable; any thread may run it.
 */
class PooledConvolution {
 public:
  /** Sizes of the convolution's input, result and window. */
  struct Convolution {
    int64_t batch, channels, height, width;
    int64_t outputs, out_h, out_w;
    int64_t kernel_h, kernel_w, stride_h, stride_w;

    int64_t work() const { return batch * outputs * out_h * out_w * channels * kernel_h * kernel_w; }
  };

  /**
   * @param bias a value for each output
   * @param slope of values below 0 of the convolution's result; 1 for no activation
   * @param pooled the pooling's sizes
   */
  PooledConvolution(const Convolution& convolution, std::vector<float> bias, float slope, bool max, const PoolingWindow& window,
                    const PoolingShape& pooled);

  /** Floats of memory that each of the workers needs. */
  int64_t scratch() const { return ring_rows_ * ring_pitch_; }
  /** The most workers that have enough to do. */
  int workers(int threads) const;

  /**
   * @param weights in oneDNN's layout Acdb8a: [outputs / 8][kernel_h][kernel_w][channels][8]
   * @param scratch of that many workers
   */
  void run(const float* x, const float* weights, float* y, float* scratch, int workers) const;

  /** Outputs of one vector, the block of the weights' layout. */
  static constexpr int64_t kBlock = 8;

 private:
  struct Range {
    int64_t begin, end;
    Range part(int64_t i, int64_t parts) const { return {begin + (end - begin) * i / parts, begin + (end - begin) * (i + 1) / parts}; }
  };

  /** Some rows of the pooling, of all images, and some groups of outputs. */
  void run_part(const float* x, const float* weights, float* y, float* ring, Range rows, Range groups) const;
  void pool_row(int64_t oh, const float* ring, int64_t channels, float* y) const;

  Convolution c_;
  std::vector<float> bias_;  // as long as whole vectors
  float slope_;
  bool max_;
  PoolingWindow window_;
  PoolingShape pooled_;
  int64_t groups_, vectors_;        // of outputs: vectors of a group are computed together
  int64_t ring_rows_, ring_pitch_;  // pitch: floats of a row, with room for the last vector's end
};

}  // namespace caffe4j
