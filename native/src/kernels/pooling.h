#pragma once
#include <cfloat>

#include "kernels/divisor.h"
#include "kernels/random.h"

namespace caffe4j {

/** One axis of the windows over one axis of the input. */
struct PoolingAxis {
  int64_t kernel, stride, pad;

  C4J_KERNEL int64_t start(int64_t output) const { return output * stride - pad; }
  /** End of the window in the padded input: what lies beyond the padding is no part of it. */
  C4J_KERNEL int64_t padded_end(int64_t output, int64_t size) const {
    const int64_t end = start(output) + kernel;
    return end < size + pad ? end : size + pad;
  }
  /** The first output whose window may hold an input position, and the last. */
  C4J_KERNEL int64_t first_output(int64_t position) const { return position + pad < kernel ? 0 : (position + pad - kernel) / stride + 1; }
  C4J_KERNEL int64_t last_output(int64_t position, int64_t outputs) const {
    const int64_t last = (position + pad) / stride;
    return last < outputs ? last : outputs - 1;
  }
};

struct PoolingWindow {
  PoolingAxis h, w;
};

struct PoolingShape {
  int64_t batch, channels, height, width, out_h, out_w;

  C4J_KERNEL int64_t planes() const { return batch * channels; }
  C4J_KERNEL int64_t inputs() const { return planes() * height * width; }
  C4J_KERNEL int64_t outputs() const { return planes() * out_h * out_w; }
  bool operator==(const PoolingShape& o) const {
    return batch == o.batch && channels == o.channels && height == o.height && width == o.width && out_h == o.out_h && out_w == o.out_w;
  }
};

/** The part of a window that lies in the input, and the number of values that its mean is taken over. */
struct PoolingPatch {
  int64_t h0, h1, w0, w1;
  float divisor;

  C4J_KERNEL PoolingPatch(const PoolingWindow& window, const PoolingShape& s, int64_t oh, int64_t ow)
      : h0(larger(window.h.start(oh), 0)), h1(smaller(window.h.start(oh) + window.h.kernel, s.height)),
        w0(larger(window.w.start(ow), 0)), w1(smaller(window.w.start(ow) + window.w.kernel, s.width)),
        divisor(float((window.h.padded_end(oh, s.height) - window.h.start(oh)) * (window.w.padded_end(ow, s.width) - window.w.start(ow)))) {}

  C4J_KERNEL double sum(const float* plane, int64_t width) const {
    double sum = 0;
    for (int64_t h = h0; h < h1; ++h) {
      for (int64_t w = w0; w < w1; ++w) sum += plane[h * width + w];
    }
    return sum;
  }

  /** Calls f(place in the plane) row by row. */
  template <class F>
  C4J_KERNEL void for_places(int64_t width, const F& f) const {
    for (int64_t h = h0; h < h1; ++h) {
      for (int64_t w = w0; w < w1; ++w) f(h * width + w);
    }
  }

 private:
  static C4J_KERNEL int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
  static C4J_KERNEL int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
};

/** Of the values of a window: their sum and that of their squares. */
struct PoolingMoments {
  double sum = 0, squares = 0;

  C4J_KERNEL PoolingMoments(const PoolingPatch& patch, const float* plane, int64_t width) {
    for (int64_t h = patch.h0; h < patch.h1; ++h) {
      for (int64_t w = patch.w0; w < patch.w1; ++w) {
        const double v = plane[h * width + w];
        sum += v;
        squares += v * v;
      }
    }
  }
};

/** What the forward kernels share: i is an output. */
struct PoolingOutputs {
  PoolingWindow window;
  PoolingShape s;
  C4J_KERNEL PoolingPatch patch(int64_t i) const { return PoolingPatch(window, s, i / s.out_w % s.out_h, i % s.out_w); }
  /** The first input of the output's plane. */
  C4J_KERNEL int64_t plane(int64_t i) const { return i / (s.out_h * s.out_w) * s.height * s.width; }
};

/** As the numbers of a plane fit into 32 bits, which divide much faster. */
struct MaxPoolingForward {
  PoolingWindow window;
  PoolingShape s;
  Divisor out_w, out_h;  // of arrays smaller than Divisor::kMost
  const float* x;
  float* y;  // may be null
  int32_t* mask;

  MaxPoolingForward(const PoolingWindow& w, const PoolingShape& shape, const float* from, float* to, int32_t* places)
      : window(w), s(shape), out_w(shape.out_w), out_h(shape.out_h), x(from), y(to), mask(places) {}
  C4J_KERNEL void operator()(int64_t i) const {
    const uint32_t row = out_w.quotient(uint32_t(i)), of_plane = out_h.quotient(row);
    const int height = int(s.height), width = int(s.width);
    const float* plane = x + int64_t(of_plane) * height * width;
    const int64_t h0 = window.h.start(int64_t(row) - int64_t(of_plane) * s.out_h), w0 = window.w.start(int64_t(uint32_t(i)) - int64_t(row) * s.out_w);
    const int first_h = h0 < 0 ? 0 : int(h0), first_w = w0 < 0 ? 0 : int(w0);
    const int end_h = h0 + window.h.kernel < height ? int(h0 + window.h.kernel) : height;
    const int end_w = w0 + window.w.kernel < width ? int(w0 + window.w.kernel) : width;
    float largest = -FLT_MAX;
    int place = -1;
    for (int h = first_h; h < end_h; ++h) {
      for (int w = first_w; w < end_w; ++w) {
        const float v = plane[h * width + w];
        if (v > largest) {
          largest = v;
          place = h * width + w;
        }
      }
    }
    if (y != nullptr) y[i] = largest;
    mask[i] = place;
  }
};

struct AveragePoolingForward {
  PoolingOutputs out;
  const float* x;
  float* y;
  C4J_KERNEL void operator()(int64_t i) const {
    const float* plane = x + out.plane(i);
    const PoolingPatch patch = out.patch(i);
    y[i] = float(patch.sum(plane, out.s.width)) / patch.divisor;
  }
};

/** Draws a value of each window in proportion to it. */
struct StochasticPoolingForward {
  PoolingOutputs out;
  CounterRandom random;
  const float* x;
  float* y;
  int32_t* mask;
  C4J_KERNEL void operator()(int64_t i) const {
    const float* plane = x + out.plane(i);
    const PoolingPatch patch = out.patch(i);
    const double threshold = patch.sum(plane, out.s.width) * (double(random(i)) + 1) / 4294967296.0;
    double passed = 0;
    int64_t place = -1;
    bool found = false;
    for (int64_t h = patch.h0; h < patch.h1 && !found; ++h) {
      for (int64_t w = patch.w0; w < patch.w1 && !found; ++w) {
        place = h * out.s.width + w;
        passed += plane[place];
        found = passed >= threshold;
      }
    }
    y[i] = place < 0 ? 0 : plane[place];
    mask[i] = int32_t(place);
  }
};

/** y = sum x^2 / sum x, 0 where the sum is not positive. */
struct ExpectedPoolingForward {
  PoolingOutputs out;
  const float* x;
  float* y;
  C4J_KERNEL void operator()(int64_t i) const {
    const PoolingMoments m(out.patch(i), x + out.plane(i), out.s.width);
    y[i] = m.sum > 0 ? float(m.squares / m.sum) : 0;
  }
};

/** mask as floats, the form in which a top shows it. */
struct PoolingMaskAsFloat {
  const int32_t* mask;
  float* y;
  C4J_KERNEL void operator()(int64_t i) const { y[i] = float(mask[i]); }
};

/** What the backward kernels share: i is an input, and gathers from the outputs whose windows hold it. */
struct PoolingInputs {
  PoolingWindow window;
  PoolingShape s;

  /** Sum of share(output, oh, ow) over those outputs. */
  template <class F>
  C4J_KERNEL float gather(int64_t i, const F& share) const {
    const int64_t h = i / s.width % s.height, w = i % s.width, first = i / (s.height * s.width) * s.out_h * s.out_w;
    const int64_t h_last = window.h.last_output(h, s.out_h), w_last = window.w.last_output(w, s.out_w);
    float sum = 0;
    for (int64_t oh = window.h.first_output(h); oh <= h_last; ++oh) {
      for (int64_t ow = window.w.first_output(w); ow <= w_last; ++ow) sum += share(first + oh * s.out_w + ow, oh, ow);
    }
    return sum;
  }
};

/** One axis of the windows, for inputs whose outputs are asked for. */
struct PoolingReach {
  Divisor stride;
  int64_t pad, kernel, outputs;

  PoolingReach(const PoolingAxis& a, int64_t count) : stride(a.stride), pad(a.pad), kernel(a.kernel), outputs(count) {}
  C4J_KERNEL int first(int position) const {
    const int from = position + int(pad) - int(kernel);
    return from < 0 ? 0 : int(stride.quotient(uint32_t(from))) + 1;
  }
  C4J_KERNEL int last(int position) const {
    const int last = int(stride.quotient(uint32_t(position + int(pad))));
    return last < int(outputs) ? last : int(outputs) - 1;
  }
};

struct MaxPoolingBackward {
  PoolingReach h, w;
  Divisor width, height;  // of arrays smaller than Divisor::kMost
  const int32_t* mask;
  const float* dy;
  float* dx;

  MaxPoolingBackward(const PoolingWindow& window, const PoolingShape& s, const int32_t* places, const float* from, float* to)
      : h(window.h, s.out_h), w(window.w, s.out_w), width(s.width), height(s.height), mask(places), dy(from), dx(to) {}
  C4J_KERNEL void operator()(int64_t i) const {
    const uint32_t row = width.quotient(uint32_t(i)), plane = height.quotient(row);
    const int y = int(row - plane * uint32_t(height.by)), x = int(uint32_t(i) - row * uint32_t(width.by)), place = y * int(width.by) + x;
    const int h_last = h.last(y), w_first = w.first(x), w_last = w.last(x), line = int(w.outputs);
    const int64_t first = int64_t(plane) * h.outputs * w.outputs;
    float sum = 0;
    for (int oh = h.first(y); oh <= h_last; ++oh) {
      for (int ow = w_first; ow <= w_last; ++ow) {
        const int64_t o = first + oh * line + ow;
        if (mask[o] == place) sum += dy[o];
      }
    }
    dx[i] = sum;
  }
};

struct AveragePoolingBackward {
  PoolingInputs in;
  const float* dy;
  float* dx;

  struct Share {
    const PoolingInputs& in;
    const float* dy;
    C4J_KERNEL float operator()(int64_t o, int64_t oh, int64_t ow) const { return dy[o] / PoolingPatch(in.window, in.s, oh, ow).divisor; }
  };
  C4J_KERNEL void operator()(int64_t i) const { dx[i] = in.gather(i, Share{in, dy}); }
};

/** The gradient of ExpectedPoolingForward. */
struct ExpectedPoolingBackward {
  PoolingInputs in;
  const float* x;
  const float* dy;
  float* dx;

  struct Share {
    const PoolingInputs& in;
    const float* plane;
    const float* dy;
    float value;
    C4J_KERNEL float operator()(int64_t o, int64_t oh, int64_t ow) const {
      const PoolingMoments m(PoolingPatch(in.window, in.s, oh, ow), plane, in.s.width);
      return m.sum > 0 ? float(dy[o] * (2 * value - m.squares / m.sum) / m.sum) : 0;
    }
  };
  C4J_KERNEL void operator()(int64_t i) const {
    const int64_t size = in.s.height * in.s.width;
    dx[i] = in.gather(i, Share{in, x + i / size * size, dy, x[i]});
  }
};

}  // namespace caffe4j
