// Our declarations of NCCL against its header.
#include <nccl.h>

#include "cuda/nccl_api.h"
#include "same_call.h"

C4J_NCCL_FUNCTIONS(C4J_CHECK_CALL)

namespace caffe4j {
static_assert(kNcclSuccess == ncclSuccess && kNcclFloat == ncclFloat && kNcclSum == ncclSum);
}  // namespace caffe4j
