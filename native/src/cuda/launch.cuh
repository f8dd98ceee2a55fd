#pragma once
// Runs the functors of kernels/*.h on CUDA grids, as launch.h and channels.h run them over OpenMP threads.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "cuda/cuda_error.h"
#include "kernels/channel_pair.h"
#include "kernels/divisor.h"
#include "round.h"

/** In front of a loop over a functor F whose rounds read what no other writes: several reads are on their way at a time. */
#if defined(__CUDACC__)
#define C4J_UNROLL _Pragma("unroll (RoundsOf<F>::value)")
#else
#define C4J_UNROLL
#endif

namespace caffe4j {

/** Threads in a block; 256 fill every architecture from 7.5 on with the few registers that these kernels use. */
constexpr int kBlock = 256;
/** Blocks in a grid at most; threads stride over the rest. */
constexpr int64_t kMaxGrid = 1 << 16;
/** Blocks that make partial sums at most: one block adds up what they leave. */
constexpr int64_t kMaxSumBlocks = 1024;
constexpr int kWarp = 32;

inline unsigned blocks_for(int64_t n, int64_t most) { return unsigned(std::min(ceil_div(n, kBlock), most)); }

/** outer x channels x inner, of which each channel is added up by `splits` blocks, `each` elements by one. */
struct ChannelShares {
  int64_t outer, channels, inner, splits, each;
  int64_t step, step_rest;  // from a thread's element to its next: in the array, and behind the channel

  ChannelShares(int64_t n, int64_t channels_, int64_t inner_) : outer(n / (channels_ * inner_)), channels(channels_), inner(inner_) {
    const int64_t elements = outer * inner, rounds = ceil_div(elements, kBlock);
    splits = std::min(ceil_div(kMaxSumBlocks, channels), ceil_div(rounds, kLeastRounds));
    each = ceil_div(rounds, splits) * kBlock;
    splits = ceil_div(elements, each);
    step_rest = kBlock % inner;
    step = kBlock / inner * channels * inner + step_rest;
  }
  unsigned blocks() const { return unsigned(std::min(channels * splits, kMaxGrid)); }

 private:
  static constexpr int64_t kLeastRounds = 8;  // of a block over elements, below which another block is not worth its start
};

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

inline __device__ ChannelPair block_sum(ChannelPair value) { return {block_sum(value.first), block_sum(value.second)}; }

/** What the values of a functor over channels are added up to. */
template <class F>
struct SumOf {
  using type = std::conditional_t<std::is_invocable_v<F, int64_t, int64_t>, ChannelPair, double>;
};

/** Rounds of a sum that run side by side: 4 unless the functor says otherwise. */
template <class F, class = void>
struct RoundsOf {
  static constexpr int value = 4;
};
template <class F>
struct RoundsOf<F, std::void_t<decltype(F::kRounds)>> {
  static constexpr int value = F::kRounds;
};

template <class F>
__device__ auto value_of(const F& f, int64_t i, int64_t c) {
  if constexpr (std::is_invocable_v<F, int64_t, int64_t>) {
    return f(i, c);
  } else {
    return f(i);
  }
}

inline __device__ void add(double& sum, float value) { sum += double(value); }
inline __device__ void add(ChannelPair& sum, const ChannelPair& value) { sum += value; }

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

/** The same for n that a Divisor divides. */
template <class F>
__global__ void __launch_bounds__(kBlock) run_few_channels(uint32_t n, Divisor channels, Divisor inner, F f) {
  const uint32_t stride = gridDim.x * blockDim.x;
  for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride) f(i, channels.rest(inner.quotient(i)), i);
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

/** Sum of f over the block's share of a channel, in thread 0; where f gives pairs, of both. */
template <class F>
__device__ auto share_sum(const ChannelShares& v, int64_t share, const F& f) {
  const int64_t c = share / v.splits, first = share % v.splits * v.each;
  const int64_t last = first + v.each < v.outer * v.inner ? first + v.each : v.outer * v.inner, from = first + threadIdx.x;
  int64_t i = (from / v.inner * v.channels + c) * v.inner + from % v.inner, rest = from % v.inner;
  typename SumOf<F>::type sum = {};
  C4J_UNROLL
  for (int64_t k = from; k < last; k += kBlock) {
    add(sum, value_of(f, i, c));
    i += v.step;
    rest += v.step_rest;
    if (rest >= v.inner) {
      rest -= v.inner;
      i += (v.channels - 1) * v.inner;
    }
  }
  return block_sum(sum);
}

/** parts[share] = the share's sum; where every channel has one share only, out[c] += that, unless out is null. */
template <class F>
__global__ void __launch_bounds__(kBlock) sum_channels(ChannelShares v, typename SumOf<F>::type* parts, float* out, F f) {
  for (int64_t share = blockIdx.x; share < v.channels * v.splits; share += gridDim.x) {
    const auto sum = share_sum(v, share, f);
    if (threadIdx.x != 0) continue;
    if constexpr (std::is_same_v<typename SumOf<F>::type, double>) {
      if (out != nullptr) {
        out[share] += float(sum);
        continue;
      }
    }
    parts[share] = sum;
  }
}

}  // namespace caffe4j
