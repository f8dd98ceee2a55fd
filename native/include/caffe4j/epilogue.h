#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * What is done, in its order, to the result of an operation: sums and activations. Each run is one pass over the values for a sum and the
 * activation behind it. Its tensors belong to the caller and outlive it.
 */
class Epilogue;

C4J_API Epilogue* epilogue_create();
C4J_API void epilogue_destroy(Epilogue* epilogue);
/** x becomes f(x); a function of elementwise.h, or PLAN_RELU of plan.h. Throws UNSUPPORTED for a function that plans have not. */
C4J_API void epilogue_add_activation(Epilogue* epilogue, int function, float a, float b, float c);
/** x becomes max(x, 0) + slope * min(x, 0), with a slope for each channel (axis 1) or one for all. */
C4J_API void epilogue_add_prelu(Epilogue* epilogue, Tensor* slope);
/** x becomes x + factor * summand, which has the result's count. */
C4J_API void epilogue_add_sum(Epilogue* epilogue, Tensor* summand, float factor);

/**
 * top = what the epilogue makes of scale * bottom + shift, which have a value for each channel (axis 1) and are left out where they are null.
 * top may be bottom, or the first summand. Row-major values, where the context computes.
 */
C4J_API void epilogue_forward(const Epilogue* epilogue, Tensor* bottom, Tensor* scale, Tensor* shift, Tensor* top);

}  // namespace caffe4j
