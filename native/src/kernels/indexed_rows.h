#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

/** to[k] = table[index[k]], rows of `size` values; i counts the values of `to`. Indices are whole numbers that exist. */
struct GatherRows {
  const float* table;
  const float* index;
  float* to;
  int64_t size;
  C4J_KERNEL void operator()(int64_t i) const { to[i] = table[int64_t(index[i / size]) * size + i % size]; }
};

/** table[index[k]] += from[k] for all k in order; i counts the columns of a row, each of which one thread sums up. */
struct ScatterRows {
  const float* from;
  const float* index;
  float* table;
  int64_t rows, size;
  C4J_KERNEL void operator()(int64_t i) const {
    for (int64_t k = 0; k < rows; ++k) table[int64_t(index[k]) * size + i] += from[k * size + i];
  }
};

}  // namespace caffe4j
