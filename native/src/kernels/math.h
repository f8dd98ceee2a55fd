#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

struct Fill {
  float* x;
  float value;
  C4J_KERNEL void operator()(int64_t i) const { x[i] = value; }
};

struct Copy {
  const float* x;
  float* y;
  C4J_KERNEL void operator()(int64_t i) const { y[i] = x[i]; }
};

struct ScaleBy {
  float* x;
  float factor;
  C4J_KERNEL void operator()(int64_t i) const { x[i] *= factor; }
};

struct Axpy {
  float alpha;
  const float* x;
  float* y;
  C4J_KERNEL void operator()(int64_t i) const { y[i] += alpha * x[i]; }
};

/** y = the sum of as many arrays of `size` numbers as `count`, one behind another; y += it where `keep` is not 0. */
struct AddParts {
  const float* parts;
  int64_t count;
  int64_t size;
  int64_t keep;
  float* y;
  C4J_KERNEL void operator()(int64_t i) const {
    float sum = 0;
    for (int64_t k = 0; k < count; ++k) sum += parts[k * size + i];
    y[i] = keep != 0 ? y[i] + sum : sum;
  }
};

struct AbsoluteValue {
  const float* x;
  C4J_KERNEL double operator()(int64_t i) const { return double(x[i] < 0 ? -x[i] : x[i]); }
};

struct ProductOf {
  const float* x;
  const float* y;
  C4J_KERNEL double operator()(int64_t i) const { return double(x[i]) * y[i]; }
};

}  // namespace caffe4j
