// The functions of cuBLAS that the library opens at run time, on OpenBLAS. CUDAEMU_CUBLAS_STATUS plays a failure: the status of
// cublasCreate_v2.
#include <cblas.h>

#include <cstdlib>
#include <string>

#include "memory.h"
#include "stream.h"

namespace {

struct Handle {
  cudaStream_t stream = nullptr;
};

enum Status { kSuccess = 0, kInvalidValue = 7, kExecutionFailed = 13 };

/** Bytes from the first element of a column-major matrix to behind its last. */
size_t extent(int rows, int columns, int leading) {
  return rows == 0 || columns == 0 ? 0 : (size_t(columns - 1) * size_t(leading) + size_t(rows)) * sizeof(float);
}

}  // namespace

extern "C" {

CUDAEMU_API int cublasCreate_v2(void** handle) {
  if (const char* played = std::getenv("CUDAEMU_CUBLAS_STATUS")) return std::atoi(played);
  *handle = new Handle;
  return kSuccess;
}

CUDAEMU_API int cublasDestroy_v2(void* handle) {
  delete static_cast<Handle*>(handle);
  return kSuccess;
}

CUDAEMU_API int cublasSetStream_v2(void* handle, cudaStream_t stream) {
  static_cast<Handle*>(handle)->stream = stream;
  return kSuccess;
}

CUDAEMU_API int cublasGetProperty(int property, int* value) {
  *value = property == 0 ? CUDART_VERSION / 1000 : 0;
  return kSuccess;
}

CUDAEMU_API int cublasSgemm_v2(void* handle, int trans_a, int trans_b, int m, int n, int k, const float* alpha, const float* a, int lda,
                               const float* b, int ldb, const float* beta, float* c, int ldc) {
  if (m < 0 || n < 0 || k < 0 || lda < (trans_a ? k : m) || ldb < (trans_b ? n : k) || ldc < m) return kInvalidValue;
  const float scale = *alpha, keep = *beta;
  const cudaError_t result = cudaemu::enqueue(static_cast<Handle*>(handle)->stream, cudaErrorIllegalAddress, [=]() -> std::string {
    const bool fits = cudaemu::reach(a, trans_a ? extent(k, m, lda) : extent(m, k, lda)) &&
                      cudaemu::reach(b, trans_b ? extent(n, k, ldb) : extent(k, n, ldb)) &&
                      cudaemu::reach(c, extent(m, n, ldc));
    if (!fits) return "a matrix product beyond its arrays";
    cblas_sgemm(CblasColMajor, trans_a ? CblasTrans : CblasNoTrans, trans_b ? CblasTrans : CblasNoTrans, m, n, k, scale, a, lda, b, ldb, keep,
                c, ldc);
    return {};
  });
  return result == cudaSuccess ? kSuccess : kExecutionFailed;
}

CUDAEMU_API int cublasSgemmStridedBatched(void* handle, int trans_a, int trans_b, int m, int n, int k, const float* alpha, const float* a, int lda,
                                          long long stride_a, const float* b, int ldb, long long stride_b, const float* beta, float* c, int ldc,
                                          long long stride_c, int count) {
  if (count < 0 || (count > 1 && stride_c < (long long)(ldc) * n)) return kInvalidValue;
  for (int i = 0; i < count; ++i) {
    const int status = cublasSgemm_v2(handle, trans_a, trans_b, m, n, k, alpha, a + i * stride_a, lda, b + i * stride_b, ldb, beta,
                                      c + i * stride_c, ldc);
    if (status != kSuccess) return status;
  }
  return kSuccess;
}

}  // extern "C"
