// The emulated device finds the mistakes that kernels and the code around them can have.
#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace {

constexpr int kThreads = 128;

class CudaEmu : public testing::Test {
 protected:
  void SetUp() override {
    cudaGetLastError();
    ASSERT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess);
    ASSERT_EQ(cudaMalloc(reinterpret_cast<void**>(&x_), kThreads * sizeof(float)), cudaSuccess);
  }
  void TearDown() override {
    cudaStreamDestroy(stream_);
    cudaGetLastError();
    cudaFree(x_);
  }

  template <class... P, class... A>
  cudaError_t run(unsigned blocks, void (*kernel)(P...), A... arguments) {
    cudaLaunchConfig_t config = {};
    config.gridDim = dim3(blocks);
    config.blockDim = dim3(kThreads);
    config.stream = stream_;
    const cudaError_t started = cudaLaunchKernelEx(&config, kernel, arguments...);
    return started != cudaSuccess ? started : cudaStreamSynchronize(stream_);
  }

  std::vector<float> values() {
    std::vector<float> host(kThreads);
    EXPECT_EQ(cudaMemcpyAsync(host.data(), x_, kThreads * sizeof(float), cudaMemcpyDeviceToHost, stream_), cudaSuccess);
    EXPECT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
    return host;
  }

  cudaStream_t stream_ = nullptr;
  float* x_ = nullptr;
};

__global__ void number(float* x, int offset) { x[threadIdx.x + offset] = float(threadIdx.x); }
__global__ void read_beyond(float* x) { x[threadIdx.x] = x[threadIdx.x + 1]; }

/** x[i] = x[127 - i] through shared memory. */
template <bool kBarrier>
__global__ void reverse(float* x) {
  __shared__ float shared[kThreads];
  shared[threadIdx.x] = x[threadIdx.x];
  if (kBarrier) __syncthreads();
  x[threadIdx.x] = shared[kThreads - 1 - threadIdx.x];
}

__global__ void half_wait(float* x) {
  if (threadIdx.x < kThreads / 2) __syncthreads();
  x[threadIdx.x] = 1;
}

__global__ void wait_apart(float* x) {
  if (threadIdx.x < kThreads / 2) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  x[threadIdx.x] = 1;
}

__global__ void warp_sum(float* x) {
  float v = x[threadIdx.x];
  for (int step = 16; step > 0; step /= 2) v += __shfl_down_sync(~0u, v, step);
  x[threadIdx.x] = v;
}

/** x[block] = sum of the numbers of the block's threads. */
__global__ void block_sums(float* x) {
  __shared__ float warps[kThreads / 32];
  float v = float(threadIdx.x);
  for (int step = 16; step > 0; step /= 2) v += __shfl_down_sync(~0u, v, step);
  if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = v;
  __syncthreads();
  if (threadIdx.x == 0) x[blockIdx.x] = warps[0] + warps[1] + warps[2] + warps[3];
}

__global__ void part_of_a_warp(float* x) {
  if (threadIdx.x % 32 < 7) x[threadIdx.x] = __shfl_down_sync(~0u, x[threadIdx.x], 1);
}

TEST_F(CudaEmu, RunsKernels) {
  ASSERT_EQ(run(1, number, x_, 0), cudaSuccess);
  EXPECT_EQ(values()[5], 5);
  ASSERT_EQ(run(1, reverse<true>, x_), cudaSuccess);
  EXPECT_EQ(values()[5], 122);
  ASSERT_EQ(run(1, warp_sum, x_), cudaSuccess);
  EXPECT_EQ(values()[32], (64 + 95) * 16);
}

TEST_F(CudaEmu, BlocksOfALargeGrid) {
  ASSERT_EQ(run(kThreads, block_sums, x_), cudaSuccess);
  EXPECT_EQ(values(), std::vector<float>(kThreads, kThreads * (kThreads - 1) / 2));
}

TEST_F(CudaEmu, MemoryThatWasNeverWrittenIsNotANumber) { EXPECT_TRUE(std::isnan(values()[0])); }

TEST_F(CudaEmu, AnElementTooFar) {
  EXPECT_EQ(run(1, number, x_, 1), cudaErrorIllegalAddress);
  cudaGetLastError();
  EXPECT_EQ(run(1, read_beyond, x_), cudaErrorIllegalAddress);
}

TEST_F(CudaEmu, AnElementTooEarly) { EXPECT_EQ(run(1, number, x_, -1), cudaErrorIllegalAddress); }

TEST_F(CudaEmu, AKernelOverHostMemory) {
  std::vector<float> host(kThreads);
  EXPECT_EQ(run(1, number, host.data(), 0), cudaErrorIllegalAddress);
}

TEST_F(CudaEmu, AKernelOverNothing) { EXPECT_EQ(run(1, number, static_cast<float*>(nullptr), 0), cudaErrorIllegalAddress); }

TEST_F(CudaEmu, AnErrorInAKernelStays) {
  EXPECT_EQ(run(1, number, x_, 1), cudaErrorIllegalAddress);
  EXPECT_EQ(run(1, number, x_, 0), cudaErrorIllegalAddress);
}

TEST_F(CudaEmu, AMissingBarrierChangesTheResult) {
  ASSERT_EQ(run(1, number, x_, 0), cudaSuccess);
  ASSERT_EQ(run(1, reverse<false>, x_), cudaSuccess);
  const std::vector<float> result = values();
  bool right = true;
  for (int i = 0; i < kThreads; ++i) right = right && result[size_t(i)] == float(kThreads - 1 - i);
  EXPECT_FALSE(right);
}

TEST_F(CudaEmu, BarriersThatNotAllThreadsReach) {
  EXPECT_EQ(run(1, half_wait, x_), cudaErrorIllegalAddress);
  cudaGetLastError();
  EXPECT_EQ(run(1, wait_apart, x_), cudaErrorIllegalAddress);
  cudaGetLastError();
  EXPECT_EQ(run(1, part_of_a_warp, x_), cudaErrorIllegalAddress);
}

TEST_F(CudaEmu, WorkIsDoneWhenSomebodyWaits) {
  ASSERT_EQ(run(1, number, x_, 0), cudaSuccess);
  float host = -1;
  ASSERT_EQ(cudaMemcpyAsync(&host, x_ + 5, sizeof(float), cudaMemcpyDeviceToHost, stream_), cudaSuccess);
  EXPECT_EQ(host, -1);
  cudaEvent_t event;
  ASSERT_EQ(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), cudaSuccess);
  ASSERT_EQ(cudaEventRecord(event, stream_), cudaSuccess);
  ASSERT_EQ(cudaEventSynchronize(event), cudaSuccess);
  EXPECT_EQ(host, 5);
  cudaEventDestroy(event);
}

TEST_F(CudaEmu, EventsTakeTheTimeOfTheWorkBetweenThem) {
  cudaEvent_t begin, end, untimed;
  ASSERT_EQ(cudaEventCreateWithFlags(&begin, cudaEventDefault), cudaSuccess);
  ASSERT_EQ(cudaEventCreateWithFlags(&end, cudaEventDefault), cudaSuccess);
  ASSERT_EQ(cudaEventCreateWithFlags(&untimed, cudaEventDisableTiming), cudaSuccess);
  float milliseconds = -1;
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, begin, end), cudaErrorInvalidResourceHandle) << "neither was recorded";
  for (cudaEvent_t event : {begin, end, untimed}) ASSERT_EQ(cudaEventRecord(event, stream_), cudaSuccess);
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, begin, end), cudaErrorNotReady) << "nobody has waited";
  ASSERT_EQ(cudaEventSynchronize(end), cudaSuccess);
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, begin, end), cudaSuccess);
  EXPECT_GE(milliseconds, 0);
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, begin, untimed), cudaErrorInvalidResourceHandle);
  for (cudaEvent_t event : {begin, end, untimed}) cudaEventDestroy(event);
}

TEST_F(CudaEmu, CopiesAreChecked) {
  std::vector<float> host(kThreads + 1);
  const auto copy = [&](void* to, const void* from, size_t floats, cudaMemcpyKind kind) {
    cudaMemcpyAsync(to, from, floats * sizeof(float), kind, stream_);
    const cudaError_t result = cudaStreamSynchronize(stream_);
    cudaGetLastError();
    return result;
  };
  EXPECT_EQ(copy(x_, host.data(), kThreads, cudaMemcpyHostToDevice), cudaSuccess);
  EXPECT_EQ(copy(x_, host.data(), kThreads + 1, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(copy(host.data(), x_, kThreads, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(copy(host.data(), host.data(), 1, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
}

TEST_F(CudaEmu, UseAfterFree) {
  float* freed = nullptr;
  ASSERT_EQ(cudaMalloc(reinterpret_cast<void**>(&freed), kThreads * sizeof(float)), cudaSuccess);
  ASSERT_EQ(cudaFreeAsync(freed, stream_), cudaSuccess);
  EXPECT_EQ(run(1, number, freed, 0), cudaErrorIllegalAddress);
  cudaGetLastError();
  EXPECT_EQ(cudaFree(freed), cudaErrorInvalidValue);
}

using CudaEmuDeathTest = CudaEmu;

TEST_F(CudaEmuDeathTest, TheHostCannotReachDeviceMemory) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        volatile float value = x_[0];
        (void)value;
      },
      testing::KilledBySignal(SIGSEGV), "");
}

}  // namespace
