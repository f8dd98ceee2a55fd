#pragma once
#include "kernels/divisor.h"

namespace caffe4j {

/** Convolution of each channel with a kernel of its own, of side x side weights: batch x channels planes of height x width. */
struct DepthwiseShape {
  int64_t batch, channels, height, width, out_h, out_w, side, stride_h, stride_w, pad_h, pad_w;

  C4J_KERNEL int64_t inputs() const { return batch * channels * height * width; }
  C4J_KERNEL int64_t outputs() const { return batch * channels * out_h * out_w; }
};

/** Where element i of batch x channels planes lies; of arrays smaller than Divisor::kMost. */
struct PlaneDivisors {
  Divisor width, height, channels;

  struct Place {
    int32_t plane, channel, h, w;
  };
  C4J_KERNEL Place of(int64_t i) const {
    const uint32_t row = width.quotient(uint32_t(i)), plane = height.quotient(row);
    const uint32_t h = row - plane * uint32_t(height.by), w = uint32_t(i) - row * uint32_t(width.by);
    return {int32_t(plane), int32_t(channels.rest(plane)), int32_t(h), int32_t(w)};
  }
};

/** y = x * w + bias, i being an output; bias may be null. Where `turned`, with the kernels turned by half a circle. */
template <int kSide>
struct DepthwiseForward {
  PlaneDivisors outputs;
  DepthwiseShape s;
  const float* x;
  const float* weight;
  const float* bias;
  float* y;
  int64_t turned;

  C4J_KERNEL void operator()(int64_t i) const {
    const PlaneDivisors::Place o = outputs.of(i);
    const int height = int(s.height), width = int(s.width), h0 = o.h * int(s.stride_h) - int(s.pad_h), w0 = o.w * int(s.stride_w) - int(s.pad_w);
    const float* plane = x + int64_t(o.plane) * height * width;
    const float* kernel = weight + o.channel * kSide * kSide + (turned != 0 ? kSide * kSide - 1 : 0);
    const int step = turned != 0 ? -1 : 1;
    float sum = 0;
    for (int r = 0; r < kSide; ++r) {
      const int h = h0 + r;
      for (int q = 0; q < kSide; ++q) {
        const int w = w0 + q;
        if (h >= 0 && h < height && w >= 0 && w < width) sum += plane[h * width + w] * kernel[(r * kSide + q) * step];
      }
    }
    y[i] = bias != nullptr ? sum + bias[o.channel] : sum;
  }
};

/** dx from dy, i being an input, for any strides. */
struct DepthwiseBackwardData {
  PlaneDivisors inputs;
  DepthwiseShape s;
  const float* dy;
  const float* weight;
  float* dx;

  /** The outputs whose windows hold a position: [first, last]. */
  struct Range {
    int first, last;
    C4J_KERNEL Range(int position, int side, int stride, int outputs)
        : first(position < side ? 0 : (position - side) / stride + 1), last(position / stride < outputs ? position / stride : outputs - 1) {}
  };
  C4J_KERNEL void operator()(int64_t i) const {
    const PlaneDivisors::Place p = inputs.of(i);
    const int side = int(s.side), h = p.h + int(s.pad_h), w = p.w + int(s.pad_w);
    const Range rows(h, side, int(s.stride_h), int(s.out_h)), columns(w, side, int(s.stride_w), int(s.out_w));
    const float* plane = dy + int64_t(p.plane) * s.out_h * s.out_w;
    const float* kernel = weight + p.channel * side * side;
    float sum = 0;
    for (int a = rows.first; a <= rows.last; ++a) {
      const float* line = kernel + (h - a * int(s.stride_h)) * side + w;
      for (int b = columns.first; b <= columns.last; ++b) sum += plane[a * int(s.out_w) + b] * line[-b * int(s.stride_w)];
    }
    dx[i] = sum;
  }
};

C4J_INSTANCES(DepthwiseForward<3>, DepthwiseForward<5>)

}  // namespace caffe4j
