// Softmax over channels. Where an item's channels are neighbours in memory a block takes an item, so that reads are coalesced and reductions
// run over its threads; else neighbouring items are neighbours in memory and a thread takes one.
#include <cmath>

#include "cuda/cuda_context.h"
#include "cuda/launch.cuh"

namespace caffe4j {

namespace {

/** Largest of the block's values, in all threads. As block_sum. */
inline __device__ float block_max(float value) {
  __shared__ float warps[kBlock / kWarp];
  for (int step = kWarp / 2; step > 0; step /= 2) value = fmaxf(value, __shfl_down_sync(~0u, value, step));
  __syncthreads();
  if (threadIdx.x % kWarp == 0) warps[threadIdx.x / kWarp] = value;
  __syncthreads();
  float largest = warps[0];
  for (float v : warps) largest = fmaxf(largest, v);
  return largest;
}

/** block_sum, in all threads. */
inline __device__ float block_sum_for_all(float value) {
  __shared__ float total;
  const double sum = block_sum(double(value));
  if (threadIdx.x == 0) total = float(sum);
  __syncthreads();
  return total;
}

__global__ void __launch_bounds__(kBlock) softmax_rows(const float* x, float* y, int64_t rows, int64_t channels) {
  for (int64_t r = blockIdx.x; r < rows; r += gridDim.x) {
    const float* from = x + r * channels;
    float* to = y + r * channels;
    float largest = -INFINITY;
    for (int64_t c = threadIdx.x; c < channels; c += kBlock) largest = fmaxf(largest, from[c]);
    largest = block_max(largest);
    float sum = 0;
    for (int64_t c = threadIdx.x; c < channels; c += kBlock) {
      const float e = expf(from[c] - largest);
      to[c] = e;
      sum += e;
    }
    sum = block_sum_for_all(sum);
    for (int64_t c = threadIdx.x; c < channels; c += kBlock) to[c] /= sum;
  }
}

__global__ void __launch_bounds__(kBlock) softmax_rows_gradient(const float* y, const float* dy, float* dx, int64_t rows, int64_t channels) {
  for (int64_t r = blockIdx.x; r < rows; r += gridDim.x) {
    const int64_t first = r * channels;
    float dot = 0;
    for (int64_t c = threadIdx.x; c < channels; c += kBlock) dot += dy[first + c] * y[first + c];
    dot = block_sum_for_all(dot);
    for (int64_t c = threadIdx.x; c < channels; c += kBlock) dx[first + c] = (dy[first + c] - dot) * y[first + c];
  }
}

__global__ void __launch_bounds__(kBlock) softmax_items(const float* x, float* y, int64_t items, int64_t channels, int64_t inner) {
  const int64_t stride = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < items; i += stride) {
    const int64_t first = i / inner * channels * inner + i % inner;
    float largest = x[first], sum = 0;
    for (int64_t c = 1; c < channels; ++c) largest = fmaxf(largest, x[first + c * inner]);
    for (int64_t c = 0; c < channels; ++c) {
      const float e = expf(x[first + c * inner] - largest);
      y[first + c * inner] = e;
      sum += e;
    }
    for (int64_t c = 0; c < channels; ++c) y[first + c * inner] /= sum;
  }
}

__global__ void __launch_bounds__(kBlock) softmax_items_gradient(const float* y, const float* dy, float* dx, int64_t items, int64_t channels,
                                                                 int64_t inner) {
  const int64_t stride = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < items; i += stride) {
    const int64_t first = i / inner * channels * inner + i % inner;
    float dot = 0;
    for (int64_t c = 0; c < channels; ++c) dot += dy[first + c * inner] * y[first + c * inner];
    for (int64_t c = 0; c < channels; ++c) dx[first + c * inner] = (dy[first + c * inner] - dot) * y[first + c * inner];
  }
}

/** Blocks for rows of their own. */
unsigned row_blocks(int64_t rows) { return unsigned(std::min(rows, kMaxGrid)); }

}  // namespace

void CudaContext::softmax_forward(const float* x, float* y, int64_t outer, int64_t channels, int64_t inner) {
  if (outer * inner == 0) return;
  enter();
  if (inner == 1) return start(softmax_rows, row_blocks(outer), stream_, x, y, outer, channels);
  start(softmax_items, blocks_for(outer * inner, kMaxGrid), stream_, x, y, outer * inner, channels, inner);
}

void CudaContext::softmax_backward(const float* y, const float* dy, float* dx, int64_t outer, int64_t channels, int64_t inner) {
  if (outer * inner == 0) return;
  enter();
  if (inner == 1) return start(softmax_rows_gradient, row_blocks(outer), stream_, y, dy, dx, outer, channels);
  start(softmax_items_gradient, blocks_for(outer * inner, kMaxGrid), stream_, y, dy, dx, outer * inner, channels, inner);
}

}  // namespace caffe4j
