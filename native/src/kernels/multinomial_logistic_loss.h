#pragma once
#include "kernels/labels.h"

namespace caffe4j {

/** dx = -scale / probability for the item's class, whose probability counts as `least` at least; 0 for the others. */
struct MultinomialLogisticLossBackward {
  const float* probability;
  Labels labels;
  float scale, least;
  float* dx;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const {
    const float p = probability[i];
    dx[i] = labels[i / labels.classes] == c ? -scale / (p < least ? least : p) : 0;
  }
};

}  // namespace caffe4j
