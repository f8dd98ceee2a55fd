#pragma once
#include "kernels/vector_math.h"

namespace caffe4j {

struct SigmoidForward {
  C4J_KERNEL float operator()(float x) const { return 1 / (1 + vector_exp(-x)); }
};

struct SigmoidBackward {
  static constexpr bool kReadsX = false, kReadsY = true;
  C4J_KERNEL float operator()(float, float y, float dy) const { return dy * y * (1 - y); }
};

}  // namespace caffe4j
