#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/** A fully connected layer and what is prepared for it: primitives by input shape, packed weights by weight version. */
class InnerProduct;

/**
 * @param outputs N, the rows of weight [N, K]
 * @param inputs K
 * @param transposed weight is [K, N] instead
 * @param inference true where only forward runs, on weights that seldom change
 */
C4J_API InnerProduct* inner_product_create(Context* context, int64_t outputs, int64_t inputs, bool transposed, bool inference);
C4J_API void inner_product_destroy(InnerProduct* op);

/** top [M, N] = bottom [M, K] * weight' + bias; bias [N] or null. M is what bottom's count leaves. */
C4J_API void inner_product_forward(InnerProduct* op, Tensor* bottom, Tensor* weight, Tensor* bias, Tensor* top);
/** bottom_diff = top_diff * weight. */
C4J_API void inner_product_backward_data(InnerProduct* op, Tensor* top_diff, Tensor* weight, Tensor* bottom_diff);
/** Adds the gradients by weight and bias to weight_diff and bias_diff; either may be null. */
C4J_API void inner_product_backward_weight(InnerProduct* op, Tensor* bottom, Tensor* top_diff, Tensor* weight_diff, Tensor* bias_diff);

}  // namespace caffe4j
