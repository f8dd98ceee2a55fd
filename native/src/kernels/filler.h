#pragma once
// Random values that are the same to the last bit on every processor: sums of products are written as fmaf, and nothing else is used but
// operations that IEEE 754 says how to round.
#include <cmath>
#include <cstring>

#include "kernels/random.h"

namespace caffe4j {

/** [0, 1) in steps of 2^-24. */
C4J_KERNEL float unit_interval(uint32_t bits) { return float(bits >> 8) * 0x1p-24f; }

/** [low, high], both ends included. */
C4J_KERNEL float between(uint32_t bits, float low, float high) {
  const float u = unit_interval(bits), v = fmaf(u, high, fmaf(-u, low, low));
  return v < low ? low : v > high ? high : v;
}

/** ln(x) of a normal number, by the series of the area tangent; off by at most 2 units in the last place. */
C4J_KERNEL float log_by_series(float x) {
  int32_t bits;
  memcpy(&bits, &x, sizeof(x));
  const int32_t exponent = (bits - 0x3f3504f3) >> 23;  // of x / sqrt(1/2)
  bits -= exponent * (1 << 23);
  float m;  // in [sqrt(1/2), sqrt(2))
  memcpy(&m, &bits, sizeof(m));
  const float s = (m - 1) / (m + 1), q = s * s;
  const float tail = fmaf(q, fmaf(q, fmaf(q, fmaf(q, 1 / 9.0f, 1 / 7.0f), 1 / 5.0f), 1 / 3.0f), 1.0f);
  return fmaf(float(exponent), 0.693147181f, 2 * s * tail);
}

/** The cosine of an angle that goes all the way round as `bits` goes from 0 to 2^32. */
C4J_KERNEL float cosine_of_turn(uint32_t bits) {
  bits += 0x20000000;  // the four quarters are centred on the axes
  const float t = float(int32_t(bits << 2 ^ 0x80000000)) * 0x1.921fb6p-32f, q = t * t;  // the angle from the axis, in [-pi/4, pi/4)
  const float cosine = fmaf(q, fmaf(q, fmaf(q, fmaf(q, 1 / 40320.0f, -1 / 720.0f), 1 / 24.0f), -1 / 2.0f), 1.0f);
  const float sine = fmaf(t * q, fmaf(q, fmaf(q, fmaf(q, 1 / 362880.0f, -1 / 5040.0f), 1 / 120.0f), -1 / 6.0f), t);
  const uint32_t quarter = bits >> 30;
  const float value = quarter % 2 != 0 ? sine : cosine;
  return quarter == 1 || quarter == 2 ? -value : value;
}

/** Of mean 0 and standard deviation 1, by the method of Box and Muller. */
C4J_KERNEL float standard_normal(uint32_t radius_bits, uint32_t angle_bits) {
  const float u = fmaf(float(radius_bits), 0x1p-32f, 0x1p-33f);  // in (0, 1]
  return sqrtf(-2 * log_by_series(u)) * cosine_of_turn(angle_bits);
}

struct UniformFill {
  float* to;
  Philox random;
  float min, max;
  C4J_KERNEL void operator()(int64_t i) const { to[i] = between(random(i).w[0], min, max); }
};

/** Each value is there with probability `kept`, else it is 0. */
struct GaussianFill {
  float* to;
  Philox random;
  float mean, std;
  double kept;
  C4J_KERNEL void operator()(int64_t i) const {
    const Philox::Words r = random(i);
    to[i] = r.w[2] * 0x1p-32 < kept ? fmaf(std, standard_normal(r.w[0], r.w[1]), mean) : 0;
  }
};

/** Row r of `width` values in (0, 1], divided by their sum. */
struct PositiveUnitballFill {
  float* to;
  Philox random;
  int64_t width;
  C4J_KERNEL void operator()(int64_t r) const {
    double sum = 0;
    for (int64_t i = r * width; i < (r + 1) * width; ++i) sum += double(to[i] = 1 - unit_interval(random(i).w[0]));
    for (int64_t i = r * width; i < (r + 1) * width; ++i) to[i] /= float(sum);
  }
};

}  // namespace caffe4j
