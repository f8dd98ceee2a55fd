#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

/** A sliding window with the shapes that it moves over, in arrays of fixed size: what a kernel can take along. */
struct WindowShape {
  static constexpr int kMaxAxes = 8;
  int axes;
  int64_t points, plane, positions;  // products of kernel, input and output
  int64_t kernel[kMaxAxes], stride[kMaxAxes], pad[kMaxAxes], dilation[kMaxAxes], input[kMaxAxes], output[kMaxAxes];
};

/** columns[c, k, o] = the input value that kernel point k touches at output position o, 0 in the padding. i counts (c, k, o). */
struct Im2col {
  WindowShape w;
  const float* image;
  float* columns;
  C4J_KERNEL void operator()(int64_t i) const {
    int64_t o = i % w.positions, k = i / w.positions % w.points, place = 0, stride = 1;
    bool inside = true;
    for (int a = w.axes - 1; a >= 0; --a) {
      const int64_t x = o % w.output[a] * w.stride[a] - w.pad[a] + k % w.kernel[a] * w.dilation[a];
      inside = inside && x >= 0 && x < w.input[a];
      place += x * stride;
      stride *= w.input[a];
      o /= w.output[a];
      k /= w.kernel[a];
    }
    columns[i] = inside ? image[i / (w.positions * w.points) * w.plane + place] : 0;
  }
};

/** image[c, x] = sum of the column values that im2col takes from there. i counts (c, x). */
struct Col2im {
  WindowShape w;
  const float* columns;
  float* image;
  C4J_KERNEL void operator()(int64_t i) const {
    const float* column = columns + i / w.plane * w.points * w.positions;
    float sum = 0;
    for (int64_t point = 0; point < w.points; ++point, column += w.positions) {
      int64_t x = i % w.plane, k = point, place = 0, stride = 1;
      bool inside = true;
      for (int a = w.axes - 1; a >= 0; --a) {
        const int64_t from_start = x % w.input[a] + w.pad[a] - k % w.kernel[a] * w.dilation[a];
        const int64_t o = from_start / w.stride[a];
        inside = inside && from_start >= 0 && from_start % w.stride[a] == 0 && o < w.output[a];
        place += o * stride;
        stride *= w.output[a];
        x /= w.input[a];
        k /= w.kernel[a];
      }
      if (inside) sum += column[place];
    }
    image[i] = sum;
  }
};

}  // namespace caffe4j
