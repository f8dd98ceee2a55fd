// Our declarations of cuBLAS against its header.
#include <cublas_v2.h>

#include "cuda/cublas_api.h"
#include "same_call.h"

C4J_CUBLAS_FUNCTIONS(C4J_CHECK_CALL)

namespace caffe4j {
static_assert(kCublasSuccess == CUBLAS_STATUS_SUCCESS && kCublasAllocFailed == CUBLAS_STATUS_ALLOC_FAILED);
static_assert(kCublasPlain == CUBLAS_OP_N && kCublasTransposed == CUBLAS_OP_T);
}  // namespace caffe4j
