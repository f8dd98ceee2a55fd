// The gradient of a depthwise convolution by its weights: blocks share the positions of a channel, so that a thread has all weights' sums.
#include "kernels/depthwise.h"

#include "cuda/cuda_context.h"
#include "cuda/launch.cuh"

namespace caffe4j {

namespace {

/** The positions of all images' planes of a channel, of which a block adds up `each`. */
struct Positions {
  int64_t splits, each;
  Divisor plane, width;

  explicit Positions(const DepthwiseShape& s) : plane(s.out_h * s.out_w), width(s.out_w) {
    const ChannelShares shares(s.outputs(), s.channels, s.out_h * s.out_w);
    splits = shares.splits;
    each = shares.each;
  }
};

/** parts[channel, split, weight] = sum over the share's positions. */
template <int kSide>
__global__ void __launch_bounds__(kBlock) add_weight_parts(DepthwiseShape s, Positions p, const float* x, const float* dy, double* parts) {
  const int height = int(s.height), width = int(s.width);
  for (int64_t share = blockIdx.x; share < s.channels * p.splits; share += gridDim.x) {
    const int64_t channel = share / p.splits, first = share % p.splits * p.each, all = s.batch * s.out_h * s.out_w;
    const uint32_t last = uint32_t(first + p.each < all ? first + p.each : all);
    float sums[kSide * kSide] = {};
    for (uint32_t k = uint32_t(first) + threadIdx.x; k < last; k += kBlock) {
      const uint32_t image = p.plane.quotient(k), at = k - image * uint32_t(p.plane.by), row = p.width.quotient(at);
      const int h0 = int(row) * int(s.stride_h) - int(s.pad_h), w0 = int(at - row * uint32_t(p.width.by)) * int(s.stride_w) - int(s.pad_w);
      const int64_t plane = image * s.channels + channel;
      const float* from = x + plane * height * width;
      const float gradient = dy[plane * p.plane.by + at];
      for (int r = 0; r < kSide; ++r) {
        for (int q = 0; q < kSide; ++q) {
          const int h = h0 + r, w = w0 + q;
          if (h >= 0 && h < height && w >= 0 && w < width) sums[r * kSide + q] += gradient * from[h * width + w];
        }
      }
    }
    for (int i = 0; i < kSide * kSide; ++i) {
      const double sum = block_sum(double(sums[i]));
      if (threadIdx.x == 0) parts[share * kSide * kSide + i] = sum;
    }
  }
}

__global__ void __launch_bounds__(kBlock) add_splits(int64_t weights, int64_t area, int64_t splits, const double* parts, bool keep, float* dw) {
  const int64_t stride = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < weights; i += stride) {
    double sum = 0;
    for (int64_t k = 0; k < splits; ++k) sum += parts[(i / area * splits + k) * area + i % area];
    dw[i] = keep ? dw[i] + float(sum) : float(sum);
  }
}

}  // namespace

void CudaContext::depthwise_backward_weight(const DepthwiseShape& s, const float* x, const float* dy, bool keep, float* dw) {
  enter();
  const Positions positions(s);
  const int64_t area = s.side * s.side, weights = s.channels * area;
  double* parts = static_cast<double*>(room(parts_, size_t(weights * positions.splits) * sizeof(double)));
  const auto kernel = s.side == 3 ? add_weight_parts<3> : add_weight_parts<5>;
  start(kernel, unsigned(std::min(s.channels * positions.splits, kMaxGrid)), stream_, s, positions, x, dy, parts);
  start(add_splits, blocks_for(weights, kMaxGrid), stream_, weights, area, positions.splits, static_cast<const double*>(parts), keep, dw);
}

}  // namespace caffe4j
