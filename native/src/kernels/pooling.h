#pragma once
#include <cfloat>

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

struct MaxPoolingForward {
  PoolingOutputs out;
  const float* x;
  float* y;  // may be null
  int32_t* mask;
  C4J_KERNEL void operator()(int64_t i) const {
    const float* plane = x + out.plane(i);
    const PoolingPatch patch = out.patch(i);
    float largest = -FLT_MAX;
    int64_t place = -1;
    for (int64_t h = patch.h0; h < patch.h1; ++h) {
      for (int64_t w = patch.w0; w < patch.w1; ++w) {
        const float v = plane[h * out.s.width + w];
        if (v > largest) {
          largest = v;
          place = h * out.s.width + w;
        }
      }
    }
    if (y != nullptr) y[i] = largest;
    mask[i] = int32_t(place);
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

struct MaxPoolingBackward {
  PoolingInputs in;
  const int32_t* mask;
  const float* dy;
  float* dx;

  struct Share {
    const int32_t* mask;
    const float* dy;
    int64_t place;
    C4J_KERNEL float operator()(int64_t o, int64_t, int64_t) const { return mask[o] == place ? dy[o] : 0; }
  };
  C4J_KERNEL void operator()(int64_t i) const { dx[i] = in.gather(i, Share{mask, dy, i % (in.s.height * in.s.width)}); }
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
