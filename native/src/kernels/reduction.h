#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

// What one element adds to a reduction, and the derivative of that.

struct ReduceSum {
  static constexpr bool kReadsX = false;
  C4J_KERNEL float operator()(float x) const { return x; }
  static C4J_KERNEL float derivative(float) { return 1; }
};

struct ReduceAsum {
  static constexpr bool kReadsX = true;
  C4J_KERNEL float operator()(float x) const { return x < 0 ? -x : x; }
  static C4J_KERNEL float derivative(float x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }
};

struct ReduceSumsq {
  static constexpr bool kReadsX = true;
  C4J_KERNEL float operator()(float x) const { return x * x; }
  static C4J_KERNEL float derivative(float x) { return 2 * x; }
};

/** dx = coeff * derivative(x) * dy[c]; c is the part that the element is in. */
template <class F>
struct ReductionBackward {
  const float* x;
  const float* dy;
  float* dx;
  float coeff;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const { dx[i] = coeff * F::derivative(F::kReadsX ? x[i] : 0) * dy[c]; }
};

/** What element i adds to the sum of its part. */
template <class F>
struct ReductionTerm {
  const float* x;
  C4J_KERNEL float operator()(int64_t i) const { return F()(x[i]); }
};

C4J_INSTANCES(ReductionBackward<ReduceSum>, ReductionBackward<ReduceAsum>, ReductionBackward<ReduceSumsq>)
C4J_INSTANCES(ReductionTerm<ReduceSum>, ReductionTerm<ReduceAsum>, ReductionTerm<ReduceSumsq>)

}  // namespace caffe4j
