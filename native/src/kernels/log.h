#pragma once
#include "kernels/vector_math.h"

namespace caffe4j {

struct LogForward {
  float scale;
  float shift;
  float base_scale;
  C4J_KERNEL float operator()(float x) const { return base_scale * vector_log(scale * x + shift); }
};

struct LogBackward {
  static constexpr bool kReadsX = true, kReadsY = false;
  float scale;
  float shift;
  float base_scale;
  C4J_KERNEL float operator()(float x, float, float dy) const { return dy * base_scale * scale / (scale * x + shift); }
};

}  // namespace caffe4j
