#pragma once
// Inside pooling: the geometry, the plain loops, and oneDNN's kernels for blocked layouts.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "caffe4j/pooling.h"
#include "tensor.h"

namespace caffe4j {

/** One axis of the windows over one axis of the input. */
struct PoolingAxis {
  int64_t kernel, stride, pad;

  int64_t start(int64_t output) const { return output * stride - pad; }
  /** End of the window in the padded input: what lies beyond the padding is no part of it. */
  int64_t padded_end(int64_t output, int64_t size) const { return std::min(start(output) + kernel, size + pad); }
};

struct PoolingShape {
  int64_t batch, channels, height, width, out_h, out_w;

  PoolingShape(const Tensor& input_side, const Tensor& output_side);
  int64_t planes() const { return batch * channels; }
  int64_t inputs() const { return planes() * height * width; }
  int64_t outputs() const { return planes() * out_h * out_w; }
  bool operator==(const PoolingShape& o) const {
    return batch == o.batch && channels == o.channels && height == o.height && width == o.width && out_h == o.out_h && out_w == o.out_w;
  }
};

struct PoolingWindow {
  PoolingAxis h, w;
};

/** Place of each maximum in its plane, -1 for none. */
using PoolingMask = std::vector<int32_t>;

void max_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, float* y,
                         PoolingMask& mask);
void max_pooling_backward(const Context& context, const PoolingShape& s, const PoolingMask& mask, const float* dy, float* dx);
void average_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, float* y);
void average_pooling_backward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* dy, float* dx);

/** MAX and AVE through oneDNN. Each function returns false where it has no fast kernel or another idea of the result. */
class DnnlPooling {
 public:
  DnnlPooling(Context& context, int method, const PoolingWindow& window);
  ~DnnlPooling();

  bool forward(const PoolingShape& s, Tensor& bottom, Tensor& top, bool training);
  /** False also for MAX unless the last forward was this class's, in training, over the same shape. */
  bool backward(const PoolingShape& s, Tensor& top_diff, Tensor& bottom_diff);
  const std::string& implementation() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace caffe4j
