#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

// One solver step of one parameter. All start from the gradient g = scale * diff + l2 * data + l1 * sign(data); afterwards diff holds
// the step d and data has become data - d. History tensors have the parameter's count and start at zero.

/** h = momentum * h + rate * g; d = h. */
C4J_API void sgd_update(Tensor* data, Tensor* diff, Tensor* history, float scale, float l1, float l2, float rate, float momentum);
/** h' = momentum * h + rate * g; d = (1 + momentum) * h' - momentum * h. */
C4J_API void nesterov_update(Tensor* data, Tensor* diff, Tensor* history, float scale, float l1, float l2, float rate, float momentum);
/** h = h + g^2; d = rate * g / (sqrt(h) + delta). */
C4J_API void adagrad_update(Tensor* data, Tensor* diff, Tensor* history, float scale, float l1, float l2, float rate, float delta);
/** h = decay * h + (1 - decay) * g^2; d = rate * g / (sqrt(h) + delta). */
C4J_API void rmsprop_update(Tensor* data, Tensor* diff, Tensor* history, float scale, float l1, float l2, float rate, float decay,
                            float delta);
/** h = momentum * h + (1 - momentum) * g^2; u = g * sqrt((s + delta) / (h + delta)); s = momentum * s + (1 - momentum) * u^2; d = rate * u. */
C4J_API void adadelta_update(Tensor* data, Tensor* diff, Tensor* history, Tensor* step_history, float scale, float l1, float l2,
                             float rate, float momentum, float delta);
/** m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g^2; d = rate * m / (sqrt(v) + delta), bias correction in the rate. */
C4J_API void adam_update(Tensor* data, Tensor* diff, Tensor* mean, Tensor* variance, float scale, float l1, float l2, float rate,
                         float beta1, float beta2, float delta);

}  // namespace caffe4j
