#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

// Random values, drawn where the context computes. A value depends on the seed and its place in row-major order alone: it is the same on
// every device and for any number of threads.

/** Values spread evenly over [min, max]. */
C4J_API void fill_uniform(Tensor* tensor, float min, float max, int64_t seed);
/** Normally distributed values; each is kept with probability `kept` and 0 otherwise. */
C4J_API void fill_gaussian(Tensor* tensor, float mean, float std, double kept, int64_t seed);
/** Positive values, each of `rows` rows adding up to 1. */
C4J_API void fill_positive_unitball(Tensor* tensor, int64_t rows, int64_t seed);

}  // namespace caffe4j
