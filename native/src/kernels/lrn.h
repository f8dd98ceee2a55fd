#pragma once
#include <cmath>

#include "kernels/kernel.h"

namespace caffe4j {

/** Local response normalization's constants. */
struct Response {
  int64_t half;  // the window reaches so far to either side
  float weight;  // alpha over the number of values in a window
  float beta, k;

  C4J_KERNEL float scale(float sum) const { return k + weight * sum; }
  /** Factor of the second term of the gradient. */
  C4J_KERNEL float slope() const { return 2 * weight * beta; }
  /** scale^-beta; the usual 0.75 through square roots. */
  C4J_KERNEL float power(float s) const { return beta == 0.75f ? 1 / (sqrtf(s) * sqrtf(sqrtf(s))) : powf(s, -beta); }
};

/** The windows over row-major values: `half` to either side along the channels, or along height and width. */
struct LrnWindow {
  int64_t channels, height, width, half;
  bool across;

  /** Sum of f(value) over the window around element i. */
  template <class F>
  C4J_KERNEL float sum(int64_t i, const F& f) const {
    const int64_t plane = height * width;
    float total = 0;
    if (across) {
      const int64_t c = i / plane % channels, first = c < half ? 0 : c - half, last = c + half < channels ? c + half : channels - 1;
      for (int64_t n = first; n <= last; ++n) total += f(i + (n - c) * plane);
      return total;
    }
    const int64_t h = i / width % height, w = i % width;
    const int64_t h0 = h < half ? 0 : h - half, h1 = h + half < height ? h + half : height - 1;
    const int64_t w0 = w < half ? 0 : w - half, w1 = w + half < width ? w + half : width - 1;
    for (int64_t y = h0; y <= h1; ++y) {
      for (int64_t x = w0; x <= w1; ++x) total += f(i + (y - h) * width + x - w);
    }
    return total;
  }
};

/** scale = k + weight * (sum of squares in the window). */
struct LrnScale {
  LrnWindow window;
  Response response;
  const float* x;
  float* scale;

  struct Square {
    const float* x;
    C4J_KERNEL float operator()(int64_t i) const { return x[i] * x[i]; }
  };
  C4J_KERNEL void operator()(int64_t i) const { scale[i] = response.scale(window.sum(i, Square{x})); }
};

struct LrnForward {
  Response response;
  const float* x;
  const float* scale;
  float* y;
  C4J_KERNEL void operator()(int64_t i) const { y[i] = x[i] * response.power(scale[i]); }
};

/** ratio = dy * x * scale^-beta / scale. */
struct LrnRatio {
  Response response;
  const float* x;
  const float* dy;
  const float* scale;
  float* ratio;
  C4J_KERNEL void operator()(int64_t i) const { ratio[i] = dy[i] * x[i] * response.power(scale[i]) / scale[i]; }
};

/** dx = dy * scale^-beta - slope * x * (sum of ratio in the window). */
struct LrnBackward {
  LrnWindow window;
  Response response;
  const float* x;
  const float* dy;
  const float* scale;
  const float* ratio;
  float* dx;

  struct Value {
    const float* values;
    C4J_KERNEL float operator()(int64_t i) const { return values[i]; }
  };
  C4J_KERNEL void operator()(int64_t i) const {
    dx[i] = dy[i] * response.power(scale[i]) - response.slope() * x[i] * window.sum(i, Value{ratio});
  }
};

}  // namespace caffe4j
