#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

struct ThresholdForward {
  float threshold;
  C4J_KERNEL float operator()(float x) const { return x > threshold ? 1 : 0; }
};

}  // namespace caffe4j
