#pragma once
// What kernels and their launches need of CUDA C++, for the emulated device. For tests only; see ../README.md.
#include <cmath>
#include <cstring>
#include <functional>
#include <tuple>

#include "cuda_runtime_api.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __shared__ static

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
};

struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
};

namespace cudaemu {

/** A place in the source, to tell barriers apart. */
struct Place {
  const char* file;
  int line;

  bool operator==(const Place& o) const { return line == o.line && file == o.file; }
};

CUDAEMU_API void sync_threads(Place place);
/** Whose value an exchange in a warp gives to a lane: that of lane + distance, or its own beyond the warp's end; that of lane ^ distance. */
enum class Source { BELOW, XOR };
/** Gives `value` to the warp and returns that of the source. */
CUDAEMU_API uint64_t exchange(Place place, unsigned mask, uint64_t value, Source source, int distance);

/** True if bytes that a kernel takes along have a pointer to host memory among them. */
CUDAEMU_API bool has_host_pointer(const void* bytes, size_t size);
CUDAEMU_API cudaError_t refuse_host_pointer(const char* name);
CUDAEMU_API cudaError_t launch(const cudaLaunchConfig_t& config, const char* name, std::function<void()> body);

template <class T>
T shuffle(Place place, unsigned mask, T value, Source source, int distance) {
  static_assert(sizeof(T) <= sizeof(uint64_t));
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = exchange(place, mask, bits, source, distance);
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}

}  // namespace cudaemu

// Of the thread that is running.
CUDAEMU_API extern dim3 threadIdx, blockIdx, blockDim, gridDim;

#define __syncthreads() cudaemu::sync_threads({__FILE__, __LINE__})
#define __shfl_down_sync(mask, value, distance) cudaemu::shuffle({__FILE__, __LINE__}, mask, value, cudaemu::Source::BELOW, distance)
#define __shfl_xor_sync(mask, value, bits) cudaemu::shuffle({__FILE__, __LINE__}, mask, value, cudaemu::Source::XOR, bits)

template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...), Arguments&&... arguments) {
  std::tuple<Parameters...> values(arguments...);
#if __has_builtin(__builtin_clear_padding)
  const bool from_host = std::apply(
      [](auto&... v) {
        (__builtin_clear_padding(&v), ...);  // old pointers may lie there
        return (cudaemu::has_host_pointer(&v, sizeof(v)) || ...);
      },
      values);
  if (from_host) return cudaemu::refuse_host_pointer(__PRETTY_FUNCTION__);
#endif
  return cudaemu::launch(*config, __PRETTY_FUNCTION__, [kernel, values] { std::apply(kernel, values); });
}
