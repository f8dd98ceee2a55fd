#pragma once
#include "kernels/vector_math.h"

namespace caffe4j {

struct EluForward {
  float alpha;
  C4J_KERNEL float operator()(float x) const {
    return (x > 0 ? x : 0) + alpha * (vector_exp(x > 0 ? 0 : x) - 1);  // a choice between both terms would not become SIMD
  }
};

struct EluBackward {
  static constexpr bool kReadsX = true, kReadsY = true;
  float alpha;
  C4J_KERNEL float operator()(float x, float y, float dy) const { return x > 0 ? dy : dy * (alpha + y); }
};

}  // namespace caffe4j
