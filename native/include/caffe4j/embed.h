#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * top row i = weight row bottom[i] (+ bias): bottom holds integers in [0, rows of weight), weight is [input_dim, num_output], bias
 * [num_output] or null. Throws DATA for an index out of range, naming its position.
 */
C4J_API void embed_forward(Tensor* bottom, Tensor* weight, Tensor* bias, int64_t num_output, Tensor* top);
/** Adds top_diff row i to row bottom[i] of weight_diff. */
C4J_API void embed_backward(Tensor* bottom, Tensor* top_diff, int64_t num_output, Tensor* weight_diff);

}  // namespace caffe4j
