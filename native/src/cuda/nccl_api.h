#pragma once
// What is used of NCCL, declared by hand, so that its header is not needed to build; test/declarations compares the two.
#include <cuda_runtime_api.h>

#include <cstddef>

struct ncclComm;

// X(result, name, parameters); int results are 0 or a status.
#define C4J_NCCL_FUNCTIONS(X)                                                                    \
  X(int, ncclGetVersion, (int*))                                                                 \
  X(int, ncclCommInitAll, (ncclComm**, int, const int*))                                         \
  X(int, ncclCommDestroy, (ncclComm*))                                                           \
  X(int, ncclGroupStart, ())                                                                     \
  X(int, ncclGroupEnd, ())                                                                       \
  X(int, ncclAllReduce, (const void*, void*, size_t, int, int, ncclComm*, cudaStream_t))         \
  X(const char*, ncclGetErrorString, (int))

namespace caffe4j {

constexpr int kNcclSuccess = 0, kNcclFloat = 7, kNcclSum = 0;

}  // namespace caffe4j
