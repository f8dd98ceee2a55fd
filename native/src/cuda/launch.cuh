#pragma once
// Runs element-wise kernels (kernels/*.h) on a CUDA grid, as launch.h runs them over OpenMP threads.
#include <algorithm>
#include <cstdint>

#include "cuda/cuda_error.h"

namespace caffe4j {

/** Threads in a block; 256 fill every architecture from 7.5 on with the few registers that these kernels use. */
constexpr int kBlock = 256;
/** Blocks in a grid at most; threads stride over the rest. */
constexpr int64_t kMaxGrid = 1 << 16;

template <class F>
__global__ void __launch_bounds__(kBlock) grid_stride(int64_t n, F f) {
  const int64_t stride = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += stride) f(i);
}

/** Calls f(i) for i in [0, n) on the current device, in the order of the stream; returns before it is done. */
template <class F>
void launch_grid(cudaStream_t stream, int64_t n, const F& f) {
  if (n <= 0) return;
  grid_stride<<<unsigned(std::min((n + kBlock - 1) / kBlock, kMaxGrid)), kBlock, 0, stream>>>(n, f);
  require_cuda(cudaGetLastError(), "starting a kernel");
}

template <class F>
__global__ void __launch_bounds__(kBlock) channel_stride(int64_t n, int64_t channels, int64_t inner, F f) {
  const int64_t stride = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += stride) f(i, i / inner % channels, i);
}

/** As launch_grid, with f(i, c, i): c is the channel of element i of an array of outer x channels x inner, row-major (see channels.h). */
template <class F>
void launch_channel_grid(cudaStream_t stream, int64_t n, int64_t channels, int64_t inner, const F& f) {
  if (n <= 0) return;
  channel_stride<<<unsigned(std::min((n + kBlock - 1) / kBlock, kMaxGrid)), kBlock, 0, stream>>>(n, channels, inner, f);
  require_cuda(cudaGetLastError(), "starting a kernel");
}

}  // namespace caffe4j
