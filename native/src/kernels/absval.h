#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

struct AbsValForward {
  C4J_KERNEL float operator()(float x) const { return x < 0 ? -x : x; }
};

struct AbsValBackward {
  static constexpr bool kReadsX = true, kReadsY = false;
  C4J_KERNEL float operator()(float x, float, float dy) const { return x > 0 ? dy : x < 0 ? -dy : 0; }
};

}  // namespace caffe4j
