#pragma once
#include "kernels/vector_math.h"

namespace caffe4j {

struct BnllForward {
  C4J_KERNEL float operator()(float x) const { return (x > 0 ? x : 0) + vector_log1p(vector_exp(x > 0 ? -x : x)); }
};

struct BnllBackward {
  static constexpr bool kReadsX = true, kReadsY = false;
  C4J_KERNEL float operator()(float x, float, float dy) const { return dy / (1 + vector_exp(-x)); }
};

}  // namespace caffe4j
