#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/** NCCL's communicators over several contexts, one a rank, each on a GPU of its own. */
class AllReduce;

/** Why there can be no AllReduce: built without CUDA, or no NCCL, which is opened at run time. Empty when there can be. Never throws. */
C4J_API const char* all_reduce_unavailability();
/**
 * For `count` contexts on different GPUs, in the order of the ranks; it keeps them alive. Throws INVALID for contexts that are not, DEVICE
 * with all_reduce_unavailability() or with NCCL's reason.
 */
C4J_API AllReduce* all_reduce_create(Context** contexts, int count);
/** Waits for the contexts' work. */
C4J_API void all_reduce_destroy(AllReduce* all_reduce);

/**
 * Puts the mean over the ranks into each rank's tensors, on the GPUs: `count` tensors of each rank, those of rank r from tensors[r * count]
 * on, the same number of elements in all ranks. Returns before the work is done, which goes on in the order of each context's calls; none
 * of the contexts may be in use by another thread. Throws INVALID or SHAPE for tensors that do not fit, DEVICE with NCCL's reason.
 */
C4J_API void all_reduce_average(AllReduce* all_reduce, Tensor** tensors, int count);

}  // namespace caffe4j
