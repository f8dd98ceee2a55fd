#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * Batch normalization's primitives by shape and layout, and between a forward over the batch's own statistics and its backward the input.
 * Arrays are N x C x any other axes; mean and variance have C elements.
 */
class BatchNorm;

C4J_API BatchNorm* batch_norm_create(Context* context);
C4J_API void batch_norm_destroy(BatchNorm* batch_norm);

/**
 * top = (bottom - mean) / sqrt(variance + eps) for each channel. In place allowed.
 *
 * @param given true where mean and variance are read; else those of the batch (the variance divided by the number of values) are used and
 *        written there
 */
C4J_API void batch_norm_forward(BatchNorm* batch_norm, Tensor* bottom, Tensor* top, Tensor* mean, Tensor* variance, float eps, bool given);
/** bottom_diff = the gradient of the last forward, which had these arguments. */
C4J_API void batch_norm_backward(BatchNorm* batch_norm, Tensor* bottom, Tensor* top_diff, Tensor* bottom_diff, Tensor* mean, Tensor* variance,
                                 float eps, bool given);

}  // namespace caffe4j
