// Pooling over row-major values, written as Caffe defines it.
#include <algorithm>
#include <cfloat>

#include "launch.h"
#include "pooling.h"

namespace caffe4j {

namespace {

/** Calls f(plane, first input, first output) for every plane, over the threads. */
template <class F>
void for_planes(const Context& context, const PoolingShape& s, const F& f) {
  context.enter();
#pragma omp parallel for schedule(static) if (s.inputs() + s.outputs() >= kSerialBelow)
  for (int64_t p = 0; p < s.planes(); ++p) f(p * s.height * s.width, p * s.out_h * s.out_w);
}

/** The part of a window that lies in the input, and the number of values that its mean is taken over. */
struct Patch {
  int64_t h0, h1, w0, w1;
  float divisor;

  Patch(const PoolingWindow& window, const PoolingShape& s, int64_t oh, int64_t ow)
      : h0(std::max<int64_t>(window.h.start(oh), 0)), h1(std::min(window.h.start(oh) + window.h.kernel, s.height)),
        w0(std::max<int64_t>(window.w.start(ow), 0)), w1(std::min(window.w.start(ow) + window.w.kernel, s.width)),
        divisor(float((window.h.padded_end(oh, s.height) - window.h.start(oh)) * (window.w.padded_end(ow, s.width) - window.w.start(ow)))) {}
};

}  // namespace

void max_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, float* y,
                         PoolingMask& mask) {
  mask.resize(size_t(s.outputs()));
  int32_t* places = mask.data();
  for_planes(context, s, [&, places](int64_t input, int64_t output) {
    for (int64_t oh = 0; oh < s.out_h; ++oh) {
      for (int64_t ow = 0; ow < s.out_w; ++ow, ++output) {
        const Patch patch(window, s, oh, ow);
        float largest = -FLT_MAX;
        int64_t place = -1;
        for (int64_t h = patch.h0; h < patch.h1; ++h) {
          for (int64_t w = patch.w0; w < patch.w1; ++w) {
            const float v = x[input + h * s.width + w];
            if (v > largest) {
              largest = v;
              place = h * s.width + w;
            }
          }
        }
        if (y != nullptr) y[output] = largest;
        places[output] = int32_t(place);
      }
    }
  });
}

void max_pooling_backward(const Context& context, const PoolingShape& s, const PoolingMask& mask, const float* dy, float* dx) {
  const int32_t* places = mask.data();
  for_planes(context, s, [&, places](int64_t input, int64_t output) {
    std::fill(dx + input, dx + input + s.height * s.width, 0.0f);
    for (int64_t i = output; i < output + s.out_h * s.out_w; ++i) {
      if (places[i] >= 0) dx[input + places[i]] += dy[i];
    }
  });
}

void average_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, float* y) {
  for_planes(context, s, [&](int64_t input, int64_t output) {
    for (int64_t oh = 0; oh < s.out_h; ++oh) {
      for (int64_t ow = 0; ow < s.out_w; ++ow, ++output) {
        const Patch patch(window, s, oh, ow);
        float sum = 0;
        for (int64_t h = patch.h0; h < patch.h1; ++h) {
          const float* row = x + input + h * s.width;
          float row_sum = 0;
          for (int64_t w = patch.w0; w < patch.w1; ++w) row_sum += row[w];
          sum += row_sum;
        }
        y[output] = sum / patch.divisor;
      }
    }
  });
}

void average_pooling_backward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* dy, float* dx) {
  for_planes(context, s, [&](int64_t input, int64_t output) {
    std::fill(dx + input, dx + input + s.height * s.width, 0.0f);
    for (int64_t oh = 0; oh < s.out_h; ++oh) {
      for (int64_t ow = 0; ow < s.out_w; ++ow, ++output) {
        const Patch patch(window, s, oh, ow);
        const float share = dy[output] / patch.divisor;
        for (int64_t h = patch.h0; h < patch.h1; ++h) {
          for (int64_t w = patch.w0; w < patch.w1; ++w) dx[input + h * s.width + w] += share;
        }
      }
    }
  });
}

}  // namespace caffe4j
