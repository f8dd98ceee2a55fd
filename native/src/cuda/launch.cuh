#pragma once
// Runs the functors of kernels/*.h on CUDA grids, as launch.h and channels.h run them over OpenMP threads.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>

#include "cuda/cuda_error.h"

namespace caffe4j {

/** Threads in a block; 256 fill every architecture from 7.5 on with the few registers that these kernels use. */
constexpr int kBlock = 256;
/** Blocks in a grid at most; threads stride over the rest. */
constexpr int64_t kMaxGrid = 1 << 16;
/** Blocks that make partial sums at most: one block adds up what they leave. */
constexpr int64_t kMaxSumBlocks = 1024;
constexpr int kWarp = 32;

inline unsigned blocks_for(int64_t n, int64_t most) { return unsigned(std::min((n + kBlock - 1) / kBlock, most)); }

/** Starts a kernel with blocks of kBlock threads, in the order of the stream; returns before it is done. */
template <class... Parameters, class... Arguments>
void start(void (*kernel)(Parameters...), unsigned blocks, cudaStream_t stream, Arguments... arguments) {
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(blocks);
  config.blockDim = dim3(kBlock);
  config.stream = stream;
  require_cuda(cudaLaunchKernelEx(&config, kernel, arguments...), "starting a kernel");
}

/** Sum of the block's values, in thread 0. Every thread of the block must call it; it begins and ends with a barrier. */
inline __device__ double block_sum(double value) {
  __shared__ double warps[kBlock / kWarp];
  for (int step = kWarp / 2; step > 0; step /= 2) value += __shfl_down_sync(~0u, value, step);
  __syncthreads();  // the values of a call before have been read
  if (threadIdx.x % kWarp == 0) warps[threadIdx.x / kWarp] = value;
  __syncthreads();
  if (threadIdx.x != 0) return 0;
  double sum = 0;
  for (double v : warps) sum += v;
  return sum;
}

template <class F>
__global__ void __launch_bounds__(kBlock) run_elements(int64_t n, F f) {
  const int64_t stride = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += stride) f(i);
}

/** f(i, c, i), c being the channel of element i of outer x channels x inner. */
template <class F>
__global__ void __launch_bounds__(kBlock) run_channels(int64_t n, int64_t channels, int64_t inner, F f) {
  const int64_t stride = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += stride) f(i, i / inner % channels, i);
}

/** partial[block] = sum of f(i) over the block's share of [0, n). */
template <class F>
__global__ void __launch_bounds__(kBlock) sum_elements(int64_t n, double* partial, F f) {
  const int64_t stride = int64_t(gridDim.x) * blockDim.x;
  double sum = 0;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += stride) sum += f(i);
  sum = block_sum(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

/** out[c] += sum of f over channel c; a block takes whole channels. */
template <class F>
__global__ void __launch_bounds__(kBlock) sum_channels(int64_t outer, int64_t channels, int64_t inner, float* out, F f) {
  for (int64_t c = blockIdx.x; c < channels; c += gridDim.x) {
    double sum = 0;
    for (int64_t k = threadIdx.x; k < outer * inner; k += blockDim.x) sum += double(f((k / inner * channels + c) * inner + k % inner));
    sum = block_sum(sum);
    if (threadIdx.x == 0) out[c] += float(sum);
  }
}

}  // namespace caffe4j
