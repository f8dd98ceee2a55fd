#pragma once
#include "caffe4j/engine.h"
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * Pooling of N x C x H x W arrays: one value from each window. Windows start at output * stride - pad and are cut off at the input's edges.
 * Holds what is prepared for the shapes seen, and from a forward for its backward where each value came from.
 */
class Pooling;

enum PoolingMethod {
  /** The largest value of a window; of equal ones the first, row by row. Its gradient goes where the value came from. */
  POOLING_MAX = 0,
  /** The mean; zeros of the padding count, what lies beyond the padding does not. */
  POOLING_AVE = 1,
  /** In training one value, drawn with a probability in proportion to it; else the expectation of that, sum x^2 / sum x. For x >= 0. */
  POOLING_STOCHASTIC = 2
};

/**
 * @param engine one of Engine: oneDNN's kernels where they compute the same and the values are in a blocked layout, on a GPU cuDNN's for AVE where
 *     it divides by the same, else plain loops
 * @param pad smaller than the kernel; 0 for STOCHASTIC
 */
C4J_API Pooling* pooling_create(Context* context, int method, int engine, int64_t kernel_h, int64_t kernel_w, int64_t stride_h,
                                int64_t stride_w, int64_t pad_h, int64_t pad_w);
C4J_API void pooling_destroy(Pooling* pooling);

/**
 * top = pooled bottom; the top's shape says how many windows there are. A window without any input gives MAX -FLT_MAX.
 *
 * @param mask for MAX the place h * W + w of each maximum in its plane, -1 for none; or null
 * @param training true where backward will follow
 * @param seed decides what STOCHASTIC draws in training, whatever the number of threads
 */
C4J_API void pooling_forward(Pooling* pooling, Tensor* bottom, Tensor* top, Tensor* mask, bool training, int64_t seed);
/** bottom_diff = the gradient of the last forward, which had `bottom`. */
C4J_API void pooling_backward(Pooling* pooling, Tensor* bottom, Tensor* top_diff, Tensor* bottom_diff);

/** Which kernel computed last, as oneDNN names it, "cudnn" or "plain". */
C4J_API const char* pooling_implementation(const Pooling* pooling);

}  // namespace caffe4j
