#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

struct ClipForward {
  float low;
  float high;
  C4J_KERNEL float operator()(float x) const { return x < low ? low : x > high ? high : x; }
};

struct ClipBackward {
  static constexpr bool kReadsX = true, kReadsY = false;
  float low;
  float high;
  C4J_KERNEL float operator()(float x, float, float dy) const { return x >= low && x <= high ? dy : 0; }
};

}  // namespace caffe4j
