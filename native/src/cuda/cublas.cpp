#include "cuda/cublas.h"

#include <algorithm>
#include <limits>

#include "cuda/libraries.h"
#include "error.h"

namespace caffe4j {

namespace {

/** The functions, by the names that the library exports. Operations: 0 as it is, 1 transposed; matrices are column-major. */
struct Functions {
  int (*create)(void**) = cublas().function<int(void**)>("cublasCreate_v2");
  int (*destroy)(void*) = cublas().function<int(void*)>("cublasDestroy_v2");
  int (*set_stream)(void*, cudaStream_t) = cublas().function<int(void*, cudaStream_t)>("cublasSetStream_v2");
  int (*sgemm)(void*, int, int, int, int, int, const float*, const float*, int, const float*, int, const float*, float*, int) =
      cublas().function<int(void*, int, int, int, int, int, const float*, const float*, int, const float*, int, const float*, float*, int)>(
          "cublasSgemm_v2");

  bool complete() const { return create != nullptr && destroy != nullptr && set_stream != nullptr && sgemm != nullptr; }
};

const Functions& functions() {
  static const Functions found;
  return found;
}

void require_cublas(int status, const char* what) {
  require(status == 0, status == 3 ? ErrorKind::DEVICE_MEMORY : ErrorKind::DEVICE, what, ": cuBLAS status ", status);
}

int cublas_int(int64_t value) {
  require(value <= std::numeric_limits<int>::max(), ErrorKind::SHAPE, "a matrix dimension of ", value, " is more than cuBLAS takes");
  return int(value);
}

}  // namespace

Cublas::Cublas(cudaStream_t stream) {
  require(cublas().is_open(), ErrorKind::DEVICE, "computing on a GPU needs cuBLAS: ", cublas().problem(),
          " (install CUDA's libraries and put their folder into LD_LIBRARY_PATH)");
  require(functions().complete(), ErrorKind::DEVICE, "the cuBLAS that was found lacks functions of this release");
  require_cublas(functions().create(&handle_), "starting cuBLAS");
  require_cublas(functions().set_stream(handle_, stream), "giving cuBLAS its stream");
}

Cublas::~Cublas() {
  if (handle_ != nullptr) functions().destroy(handle_);
}

void Cublas::gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, const float* b, float beta,
                  float* c) {
  // Row-major C is column-major C', and C' = op(B)' op(A)': the operands change places.
  require_cublas(functions().sgemm(handle_, trans_b ? 1 : 0, trans_a ? 1 : 0, cublas_int(n), cublas_int(m), cublas_int(k), &alpha, b,
                                   cublas_int(std::max<int64_t>(1, trans_b ? k : n)), a, cublas_int(std::max<int64_t>(1, trans_a ? m : k)), &beta,
                                   c, cublas_int(n)),
                 "multiplying matrices");
}

}  // namespace caffe4j
