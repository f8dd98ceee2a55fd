#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

/** Most inputs that one kernel of this file reads; more are folded in turns. */
constexpr int kEltwiseInputs = 4;

/** y = sum of coeff[k] * x[k]. */
template <int N>
struct EltwiseSum {
  const float* x[N];
  float coeff[N];
  float* y;
  C4J_KERNEL void operator()(int64_t i) const {
    float sum = coeff[0] * x[0][i];
    for (int k = 1; k < N; ++k) sum += coeff[k] * x[k][i];
    y[i] = sum;
  }
};

/** y = product of x[k]. */
template <int N>
struct EltwiseProduct {
  const float* x[N];
  float* y;
  C4J_KERNEL void operator()(int64_t i) const {
    float product = x[0][i];
    for (int k = 1; k < N; ++k) product *= x[k][i];
    y[i] = product;
  }
};

/** y = largest of x[k]; on a tie between the first two the second. */
template <int N>
struct EltwiseMax {
  const float* x[N];
  float* y;
  C4J_KERNEL void operator()(int64_t i) const {
    float largest = x[0][i];
    if constexpr (N > 1) largest = largest > x[1][i] ? largest : x[1][i];
    for (int k = 2; k < N; ++k) largest = x[k][i] > largest ? x[k][i] : largest;
    y[i] = largest;
  }
};

/** dx = dy * y / x. */
struct EltwiseQuotientBackward {
  const float* x;
  const float* y;
  const float* dy;
  float* dx;
  C4J_KERNEL void operator()(int64_t i) const { dx[i] = y[i] / x[i] * dy[i]; }
};

/** dx = dy where x wins over `other`: where it is larger, or not smaller. */
template <bool kLarger>
struct EltwiseMaxBackward {
  const float* x;
  const float* other;
  const float* dy;
  float* dx;
  C4J_KERNEL void operator()(int64_t i) const { dx[i] = (kLarger ? x[i] > other[i] : !(other[i] > x[i])) ? dy[i] : 0; }
};

C4J_INSTANCES(EltwiseSum<1>, EltwiseSum<2>, EltwiseSum<3>, EltwiseSum<4>)
C4J_INSTANCES(EltwiseProduct<1>, EltwiseProduct<2>, EltwiseProduct<3>, EltwiseProduct<4>)
C4J_INSTANCES(EltwiseMax<1>, EltwiseMax<2>, EltwiseMax<3>, EltwiseMax<4>)
C4J_INSTANCES(EltwiseMaxBackward<false>, EltwiseMaxBackward<true>)

}  // namespace caffe4j
