#pragma once
// What is used of cuBLAS, declared by hand, so that its headers are not needed to build; test/declarations compares the two.
#include <cuda_runtime_api.h>

struct cublasContext;

// X(result, name, parameters); results are a status. Operations: 0 as it is, 1 transposed; matrices are column-major.
#define C4J_CUBLAS_FUNCTIONS(X)                          \
  X(int, cublasCreate_v2, (cublasContext**))             \
  X(int, cublasDestroy_v2, (cublasContext*))             \
  X(int, cublasSetStream_v2, (cublasContext*, cudaStream_t)) \
  X(int, cublasGetProperty, (int, int*))                 \
  X(int, cublasSgemm_v2, (cublasContext*, int, int, int, int, int, const float*, const float*, int, const float*, int, const float*, float*, int)) \
  X(int, cublasSgemmStridedBatched, (cublasContext*, int, int, int, int, int, const float*, const float*, int, long long, const float*, int, \
                                     long long, const float*, float*, int, long long, int))

namespace caffe4j {

constexpr int kCublasSuccess = 0, kCublasAllocFailed = 3;
constexpr int kCublasPlain = 0, kCublasTransposed = 1;

}  // namespace caffe4j
