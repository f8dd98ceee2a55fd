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

/**
 * The forward over the batch's own statistics together with what follows: top = relu(scale * (bottom - mean) / sqrt(variance + eps) + bias),
 * without the relu where `relu` is false. In place allowed.
 *
 * @param scale, bias one value a channel; bias may be null
 * @return false where there are no loops for this device or layout, and nothing was done
 */
C4J_API bool batch_norm_affine_forward(BatchNorm* batch_norm, Tensor* bottom, Tensor* top, Tensor* mean, Tensor* variance, float eps, Tensor* scale,
                                       Tensor* bias, bool relu);
/**
 * bottom_diff = the gradient of the last batch_norm_affine_forward, which had these arguments; the gradients by scale and bias are added to
 * scale_diff and bias_diff, which may be null. Returns false as forward does.
 */
C4J_API bool batch_norm_affine_backward(BatchNorm* batch_norm, Tensor* bottom, Tensor* top_diff, Tensor* bottom_diff, Tensor* mean, Tensor* variance,
                                        float eps, Tensor* scale, Tensor* bias, bool relu, Tensor* scale_diff, Tensor* bias_diff);
/** normalized = (bottom - mean) / sqrt(variance + eps) of the last forward over the batch's own statistics. */
C4J_API void batch_norm_normalized(BatchNorm* batch_norm, Tensor* bottom, Tensor* mean, Tensor* variance, float eps, Tensor* normalized);

/**
 * Adds a batch's statistics to the stored ones: weight = fraction * weight + 1, mean = fraction * mean + the batch's, variance = fraction *
 * variance + correction * the batch's. All have C elements, the weight one.
 */
C4J_API void batch_norm_store(Tensor* mean, Tensor* variance, float fraction, float correction, Tensor* stored_mean, Tensor* stored_variance,
                              Tensor* stored_weight);
/** mean and variance become those that stored ones stand for: divided by their weight, 0 where that is 0. */
C4J_API void batch_norm_load(Tensor* stored_mean, Tensor* stored_variance, Tensor* stored_weight, Tensor* mean, Tensor* variance);

}  // namespace caffe4j
