#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

/** 1 for an index that is not in [0, rows) once its fraction is cut off, else 0. */
struct IsOutside {
  const float* index;
  int64_t rows;
  C4J_KERNEL double operator()(int64_t i) const { return index[i] > -1 && index[i] < float(rows) ? 0 : 1; }
};

/** to[k] = table[index[k]], rows of `size` values; i counts the values of `to`. Indices are whole numbers that exist. */
struct GatherRows {
  const float* table;
  const float* index;
  float* to;
  int64_t size;
  C4J_KERNEL void operator()(int64_t i) const { to[i] = table[int64_t(index[i / size]) * size + i % size]; }
};

/** table[index[k]] += from[k] for all k in order, but for indices outside; i counts the columns of a row, each of which one thread sums up. */
struct ScatterRows {
  const float* from;
  IsOutside index;
  float* table;
  int64_t count, size;
  C4J_KERNEL void operator()(int64_t i) const {
    for (int64_t k = 0; k < count; ++k) {
      if (index(k) == 0) table[int64_t(index.index[k]) * size + i] += from[k * size + i];
    }
  }
};

}  // namespace caffe4j
