#include "cuda/cublas.h"

#include <algorithm>
#include <limits>

#include "cuda/cublas_api.h"
#include "cuda/libraries.h"
#include "error.h"
#include "gemm.h"

namespace caffe4j {

namespace {

struct Functions {
  const DynamicLibrary& library = cublas();
  C4J_CUBLAS_FUNCTIONS(C4J_FUNCTION)

  bool complete() const { return library.is_open() C4J_CUBLAS_FUNCTIONS(C4J_AND_FOUND); }
};

const Functions& functions() {
  static const Functions found;
  return found;
}

void require_cublas(int status, const char* what) {
  require(status == kCublasSuccess, status == kCublasAllocFailed ? ErrorKind::DEVICE_MEMORY : ErrorKind::DEVICE, what, ": cuBLAS status ", status);
}

int cublas_int(int64_t value) {
  require(value <= std::numeric_limits<int>::max(), ErrorKind::SHAPE, "a matrix dimension of ", value, " is more than cuBLAS takes");
  return int(value);
}

}  // namespace

Cublas::Cublas(cudaStream_t stream) {
  require(cublas().is_open(), ErrorKind::DEVICE, cublas().problem(), " (install CUDA's libraries and put their folder into LD_LIBRARY_PATH)");
  require(functions().complete(), ErrorKind::DEVICE, "the cuBLAS that was found lacks functions of this release");
  require_cublas(functions().cublasCreate_v2(&handle_), "starting cuBLAS");
  const int status = functions().cublasSetStream_v2(handle_, stream);
  if (status != kCublasSuccess) functions().cublasDestroy_v2(handle_);
  require_cublas(status, "giving cuBLAS its stream");
}

Cublas::~Cublas() {
  functions().cublasDestroy_v2(handle_);
}

void Cublas::gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, const float* b, float beta, float* c,
                  const MatrixBatch& batch) {
  // Row-major C is column-major C', and C' = op(B)' op(A)': the operands change places.
  const int first = trans_b ? kCublasTransposed : kCublasPlain, second = trans_a ? kCublasTransposed : kCublasPlain;
  const int rows = cublas_int(n), columns = cublas_int(m), depth = cublas_int(k);
  const int row_b = cublas_int(std::max<int64_t>(1, trans_b ? k : n)), row_a = cublas_int(std::max<int64_t>(1, trans_a ? m : k));
  const int status =
      batch.count == 1
          ? functions().cublasSgemm_v2(handle_, first, second, rows, columns, depth, &alpha, b, row_b, a, row_a, &beta, c, rows)
          : functions().cublasSgemmStridedBatched(handle_, first, second, rows, columns, depth, &alpha, b, row_b, batch.b, a, row_a, batch.a, &beta,
                                                  c, rows, batch.c, cublas_int(batch.count));
  require_cublas(status, "multiplying matrices");
}

}  // namespace caffe4j
