#pragma once
// LRN across channels in layouts of full channel blocks, for the usual window of five channels: every value is read once and written once.
#include <cmath>
#include <cstdint>

#include "channel_layout.h"
#include "kernels/lrn.h"
#include "kernels/vector_math.h"

namespace caffe4j {

/** Response::power with the choice between its two forms made outside of the loops, in SIMD. */
template <bool kUsual>
inline float power(float scale, float beta) {
  return kUsual ? 1 / (std::sqrt(scale) * std::sqrt(std::sqrt(scale))) : vector_pow(scale, -beta);
}

/** A few pixels that are neighbours in memory, with all their channels. */
template <bool kUsual, int kBlock>
class LrnTile {
 public:
  static constexpr int64_t kHalf = 2;
  static constexpr int64_t kPixels = 8;

  /** Floats that a tile needs to work: arrays of each pixel's channels, zeros on either side. */
  static int64_t floats(const ChannelLayout& l) { return 2 * kPixels * row(l) + kPixels * l.channels; }

  /** `memory` has floats(l) elements, zeros where this class does not write. */
  LrnTile(const Response& response, const ChannelLayout& layout, float* memory)
      : r_(response), l_(layout), squares_(memory + kMargin), ratios_(squares_ + kPixels * row(layout)), powers_(memory + 2 * kPixels * row(layout)) {}

  void forward(const float* x, float* y, int64_t pixels) {
    keep_squares(x, pixels);
    each(pixels, [&](int64_t at, int64_t place, int64_t, int64_t b) {
      y[at + b] = x[at + b] * power<kUsual>(r_.scale(window(squares_ + place + b)), r_.beta);
    });
  }

  void backward(const float* x, const float* dy, float* dx, int64_t pixels) {
    keep_squares(x, pixels);
    each(pixels, [&](int64_t at, int64_t place, int64_t dense, int64_t b) {
      const float scale = r_.scale(window(squares_ + place + b)), p = power<kUsual>(scale, r_.beta);
      powers_[dense + b] = p;
      ratios_[place + b] = dy[at + b] * x[at + b] * p / scale;
    });
    const float slope = r_.slope();
    each(pixels, [&](int64_t at, int64_t place, int64_t dense, int64_t b) {
      dx[at + b] = dy[at + b] * powers_[dense + b] - slope * x[at + b] * window(ratios_ + place + b);
    });
  }

 private:
  static constexpr int64_t kMargin = 16;

  static int64_t row(const ChannelLayout& l) { return l.channels + 2 * kMargin; }

  static float window(const float* values) { return ((values[-2] + values[-1]) + (values[1] + values[2])) + values[0]; }

  void keep_squares(const float* x, int64_t pixels) {
    each(pixels, [&](int64_t at, int64_t place, int64_t, int64_t b) { squares_[place + b] = x[at + b] * x[at + b]; });
  }

  /** f(place in the arrays, place in rows with margins, place in rows without, lane) for every element, by lanes of a block. */
  template <class F>
  void each(int64_t pixels, const F& f) const {
    for (int64_t first = 0, at = 0; first < l_.channels; first += kBlock, at += l_.block_stride) {
      for (int64_t p = 0; p < pixels; ++p) {
#pragma omp simd
        for (int b = 0; b < kBlock; ++b) f(at + p * kBlock, p * row(l_) + first, p * l_.channels + first, b);
      }
    }
  }

  const Response& r_;
  const ChannelLayout& l_;
  float *squares_, *ratios_, *powers_;
};

}  // namespace caffe4j
