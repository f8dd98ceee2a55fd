#pragma once
// What is used of cuBLAS, opened at run time. Its header is not needed to build.
#include <cuda_runtime_api.h>

#include <cstdint>

struct cublasContext;

namespace caffe4j {

struct MatrixBatch;

/** A handle of cuBLAS on one stream. */
class Cublas {
 public:
  /** On the current device. Throws DEVICE if cuBLAS cannot be opened or started. */
  explicit Cublas(cudaStream_t stream);
  ~Cublas();
  Cublas(const Cublas&) = delete;
  Cublas& operator=(const Cublas&) = delete;

  /** See gemm.h. */
  void gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, const float* b, float beta, float* c,
            const MatrixBatch& batch);

 private:
  cublasContext* handle_ = nullptr;
};

}  // namespace caffe4j
