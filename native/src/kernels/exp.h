#pragma once
#include "kernels/vector_math.h"

namespace caffe4j {

struct ExpForward {
  float inner_scale;
  float outer_scale;
  C4J_KERNEL float operator()(float x) const { return outer_scale * vector_exp(inner_scale * x); }
};

struct ExpBackward {
  static constexpr bool kReadsX = false, kReadsY = true;
  float inner_scale;
  C4J_KERNEL float operator()(float, float y, float dy) const { return dy * y * inner_scale; }
};

}  // namespace caffe4j
