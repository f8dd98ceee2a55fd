#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * The top_k largest of the channels of bottom, seen as outer x channels x inner, largest first and of equal ones the one with the larger
 * index first. Top is outer x rows x inner; the rows are top_k indices if `indices`, then top_k values if `values`. NaN counts as
 * smallest.
 */
C4J_API void argmax_forward(Tensor* bottom, Tensor* top, int64_t channels, int64_t inner, int64_t top_k, bool indices, bool values);

}  // namespace caffe4j
