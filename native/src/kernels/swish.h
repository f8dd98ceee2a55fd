#pragma once
#include "kernels/vector_math.h"

namespace caffe4j {

struct SwishForward {
  float beta;
  C4J_KERNEL float operator()(float x) const { return x / (1 + vector_exp(-beta * x)); }
};

struct SwishBackward {
  static constexpr bool kReadsX = true, kReadsY = true;
  float beta;
  C4J_KERNEL float operator()(float x, float y, float dy) const {
    const float by = beta * y;
    return dy * (by + (1 - by) / (1 + vector_exp(-beta * x)));
  }
};

}  // namespace caffe4j
