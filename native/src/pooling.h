#pragma once
// Inside pooling: the geometry, the plain loops, and oneDNN's kernels for blocked layouts.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "caffe4j/pooling.h"
#include "launch.h"
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

  PoolingShape(const Dims& in, const Dims& out);
  PoolingShape(const Tensor& input_side, const Tensor& output_side) : PoolingShape(input_side.dims(), output_side.dims()) {}
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

/** The part of a window that lies in the input, and the number of values that its mean is taken over. */
struct PoolingPatch {
  int64_t h0, h1, w0, w1;
  float divisor;

  PoolingPatch(const PoolingWindow& window, const PoolingShape& s, int64_t oh, int64_t ow)
      : h0(std::max<int64_t>(window.h.start(oh), 0)), h1(std::min(window.h.start(oh) + window.h.kernel, s.height)),
        w0(std::max<int64_t>(window.w.start(ow), 0)), w1(std::min(window.w.start(ow) + window.w.kernel, s.width)),
        divisor(float((window.h.padded_end(oh, s.height) - window.h.start(oh)) * (window.w.padded_end(ow, s.width) - window.w.start(ow)))) {}

  /** Calls f(place in the plane) row by row. */
  template <class F>
  void for_places(int64_t width, const F& f) const {
    for (int64_t h = h0; h < h1; ++h) {
      for (int64_t w = w0; w < w1; ++w) f(h * width + w);
    }
  }
};

/** Calls f(patch, first input of the plane, output) for every window, planes spread over the threads. */
template <class F>
void for_windows(const Context& context, const PoolingWindow& window, const PoolingShape& s, const F& f) {
  context.enter();
#pragma omp parallel for schedule(static) if (s.inputs() + s.outputs() >= kSerialBelow)
  for (int64_t p = 0; p < s.planes(); ++p) {
    int64_t output = p * s.out_h * s.out_w;
    for (int64_t oh = 0; oh < s.out_h; ++oh) {
      for (int64_t ow = 0; ow < s.out_w; ++ow, ++output) f(PoolingPatch(window, s, oh, ow), p * s.height * s.width, output);
    }
  }
}

/** Place of each maximum in its plane, -1 for none. */
using PoolingMask = std::vector<int32_t>;

void max_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, float* y,
                         PoolingMask& mask);
void max_pooling_backward(const Context& context, const PoolingShape& s, const PoolingMask& mask, const float* dy, float* dx);
void average_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, float* y);
void average_pooling_backward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* dy, float* dx);

/** Draws a value of each window in proportion to it; the gradient is that of MAX with the same mask. */
void stochastic_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, uint64_t seed, const float* x,
                                float* y, PoolingMask& mask);
/** y = sum x^2 / sum x, 0 where the sum is not positive. */
void expected_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, float* y);
void expected_pooling_backward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, const float* dy,
                               float* dx);

/** A MAX or AVE window over a shape as oneDNN describes it. */
struct DnnlPoolingWindow {
  DnnlPoolingWindow(int method, const PoolingWindow& window, const PoolingShape& s);

  /** True where oneDNN means what Caffe means: every window begins in the input, and one divisor rule serves all windows of AVE. */
  bool covered;
  dnnl::algorithm algorithm;
  Dims stride, kernel, dilation, before, after;
};

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
