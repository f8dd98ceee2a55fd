#pragma once
#include <cuda_runtime_api.h>

#include "error.h"

namespace caffe4j {

/** Throws DEVICE, or DEVICE_MEMORY where memory ran out, unless a call of the CUDA runtime succeeded; `what` says what was being done. */
inline void require_cuda(cudaError_t result, const char* what) {
  if (result == cudaSuccess) return;
  const ErrorKind kind = result == cudaErrorMemoryAllocation ? ErrorKind::DEVICE_MEMORY : ErrorKind::DEVICE;
  fail(kind, what, ": ", cudaGetErrorString(result), " (", cudaGetErrorName(result), ")");
}

}  // namespace caffe4j
