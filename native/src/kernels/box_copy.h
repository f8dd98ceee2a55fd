#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

/** Copies a box between two row-major arrays. i counts through the box, last axis fastest. */
struct BoxCopy {
  static constexpr int kMaxAxes = 8;
  int axes;
  int64_t extent[kMaxAxes], from_stride[kMaxAxes], to_stride[kMaxAxes];
  const float* from;  // where the box begins
  float* to;
  C4J_KERNEL void operator()(int64_t i) const {
    int64_t at = 0, put = 0;
    for (int a = axes - 1; a >= 0; --a) {
      at += i % extent[a] * from_stride[a];
      put += i % extent[a] * to_stride[a];
      i /= extent[a];
    }
    to[put] = from[at];
  }
};

/** The same for rows: i counts through all of them, c is the row, and behind each lie so many other numbers before the next. */
struct RowCopy {
  const float* from;
  float* to;
  int64_t from_gap, to_gap;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const { to[i + c * to_gap] = from[i + c * from_gap]; }
};

/** dx = sum over the tiles of dy; i counts outer x inner. */
struct TileBackward {
  const float* dy;
  float* dx;
  int64_t inner, tiles;
  C4J_KERNEL void operator()(int64_t i) const {
    const float* from = dy + i / inner * tiles * inner + i % inner;
    float sum = 0;
    for (int64_t t = 0; t < tiles; ++t) sum += from[t * inner];
    dx[i] = sum;
  }
};

}  // namespace caffe4j
