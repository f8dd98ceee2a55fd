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
