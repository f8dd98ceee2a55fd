#pragma once
// Inside of the emulated libcudnn.so.9: its descriptors, and the checks that its functions share. Statuses and limits are those that cuDNN 9.24
// gives for the same calls, which need no GPU.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>

#include "../memory.h"
#include "../stream.h"

struct cudnnContext {
  cudaStream_t stream = nullptr;
};

/** Four dimensions, none of them before they are set. */
struct CudnnDims {
  bool set = false;
  int n = 0, c = 0, h = 0, w = 0;

  int64_t count() const { return int64_t(n) * c * h * w; }
  int64_t plane() const { return int64_t(h) * w; }
  bool operator==(const CudnnDims& o) const { return set && o.set && n == o.n && c == o.c && h == o.h && w == o.w; }
};
struct cudnnTensorStruct : CudnnDims {};
struct cudnnFilterStruct : CudnnDims {};

struct cudnnConvolutionStruct {
  bool set = false;
  int pad_h = 0, pad_w = 0, stride_h = 1, stride_w = 1, group = 1, math = 0;
};
struct cudnnPoolingStruct {
  bool set = false;
  int mode = 0, kernel_h = 1, kernel_w = 1, pad_h = 0, pad_w = 0, stride_h = 1, stride_w = 1;
};
struct cudnnActivationStruct {
  bool set = false;
  int mode = 0, nan = 0;
};
struct cudnnLRNStruct {
  bool set = false;
  unsigned n = 5;
  double alpha = 1e-4, beta = 0.75, k = 2;
};

namespace cudaemu {

enum CudnnStatus {
  kCudnnSuccess = 0,
  kCudnnBadParam = 2000,
  kCudnnMisaligned = 2003,
  kCudnnNotSupported = 3000,
  kCudnnExecutionFailed = 5003
};

/** Keeps why a call was refused, for cudnnGetLastErrorString, and returns the status. */
int refuse(CudnnStatus status, const char* why);

/** An array that work reads or writes. */
struct CudnnArray {
  const void* values;
  int64_t count;
};

/** A call's two factors: y = alpha * f + beta * y; the old y is not read for beta == 0. */
struct Blend {
  float alpha = 1, beta = 0;

  void operator()(float& y, double value) const { y = beta == 0 ? float(alpha * value) : float(alpha * value + double(beta) * double(y)); }
};

/** False for null factors. */
inline bool blend(const void* alpha, const void* beta, Blend& to) {
  if (alpha == nullptr || beta == nullptr) return false;
  to = {*static_cast<const float*>(alpha), *static_cast<const float*>(beta)};
  return true;
}

/** Adds work over these arrays to the handle's stream; it fails if one of them is not whole in the device's memory. */
int compute(cudnnContext* handle, std::initializer_list<CudnnArray> arrays, std::function<void()> work);

}  // namespace cudaemu
