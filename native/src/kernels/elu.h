#pragma once
#include "kernels/vector_math.h"

namespace caffe4j {

struct EluForward {
  float alpha;
  C4J_KERNEL float operator()(float x) const { return x > 0 ? x : alpha * (vector_exp(x > 0 ? 0 : x) - 1); }
};

struct EluBackward {
  static constexpr bool kReadsX = true, kReadsY = true;
  float alpha;
  C4J_KERNEL float operator()(float x, float y, float dy) const { return x > 0 ? dy : dy * (alpha + y); }
};

}  // namespace caffe4j
