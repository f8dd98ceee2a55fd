#pragma once
#include "kernels/divisor.h"

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

/** One of two axes of a window. */
struct WindowAxis {
  Divisor output, kernel, stride;
  int64_t pad, dilation, input;

  WindowAxis(const WindowShape& w, int axis)
      : output(w.output[axis]), kernel(w.kernel[axis]), stride(w.stride[axis]), pad(w.pad[axis]), dilation(w.dilation[axis]), input(w.input[axis]) {}
  /** The input position of an output and a kernel point; beyond the input in the padding. */
  C4J_KERNEL int at(uint32_t o, uint32_t k) const { return int(o * uint32_t(stride.by) + k * uint32_t(dilation)) - int(pad); }
};

/** Im2col over two axes, for arrays smaller than Divisor::kMost. */
struct PlaneIm2col {
  WindowAxis h, w;
  const float* image;
  float* columns;

  PlaneIm2col(const WindowShape& s, const float* from, float* to) : h(s, 0), w(s, 1), image(from), columns(to) {}
  C4J_KERNEL void operator()(int64_t i) const {
    const uint32_t row = w.output.quotient(uint32_t(i)), point = h.output.quotient(row);
    const uint32_t line = w.kernel.quotient(point), plane = h.kernel.quotient(line);
    const int y = h.at(row - point * uint32_t(h.output.by), line - plane * uint32_t(h.kernel.by));
    const int x = w.at(uint32_t(i) - row * uint32_t(w.output.by), point - line * uint32_t(w.kernel.by));
    const bool inside = y >= 0 && y < int(h.input) && x >= 0 && x < int(w.input);
    columns[i] = inside ? image[(int64_t(plane) * h.input + y) * w.input + x] : 0;
  }
};

/** Col2im over two axes, for arrays smaller than Divisor::kMost. */
struct PlaneCol2im {
  WindowAxis h, w;
  Divisor height, width;
  const float* columns;
  float* image;

  PlaneCol2im(const WindowShape& s, const float* from, float* to)
      : h(s, 0), w(s, 1), height(s.input[0]), width(s.input[1]), columns(from), image(to) {}

  /** The output whose window holds position `padded` at kernel point k, or -1. */
  static C4J_KERNEL int output(const WindowAxis& a, int padded, int k) {
    const int from_start = padded - k * int(a.dilation);
    if (from_start < 0) return -1;
    const uint32_t o = a.stride.quotient(uint32_t(from_start));
    return o * uint32_t(a.stride.by) == uint32_t(from_start) && o < uint32_t(a.output.by) ? int(o) : -1;
  }
  C4J_KERNEL void operator()(int64_t i) const {
    const uint32_t row = width.quotient(uint32_t(i)), plane = height.quotient(row);
    const int y = int(row - plane * uint32_t(height.by)) + int(h.pad), x = int(uint32_t(i) - row * uint32_t(width.by)) + int(w.pad);
    const int64_t positions = h.output.by * w.output.by;
    const float* column = columns + int64_t(plane) * h.kernel.by * w.kernel.by * positions;
    float sum = 0;
    for (int p = 0; p < int(h.kernel.by); ++p) {
      const int oh = output(h, y, p);
      if (oh < 0) continue;
      for (int q = 0; q < int(w.kernel.by); ++q) {
        const int ow = output(w, x, q);
        if (ow >= 0) sum += column[(p * w.kernel.by + q) * positions + oh * w.output.by + ow];
      }
    }
    image[i] = sum;
  }
};

}  // namespace caffe4j
