#pragma once
#include "kernels/vector_math.h"

namespace caffe4j {

struct TanHForward {
  C4J_KERNEL float operator()(float x) const { return vector_tanh(x); }
};

struct TanHBackward {
  static constexpr bool kReadsX = false, kReadsY = true;
  C4J_KERNEL float operator()(float, float y, float dy) const { return dy * (1 - y * y); }
};

}  // namespace caffe4j
