#pragma once
#include "kernels/labels.h"

namespace caffe4j {

/** dx = scale * (probability - 1 for the item's class), 0 for ignored items. */
struct SoftmaxLossBackward {
  const float* probability;
  Labels labels;
  int64_t inner;
  float scale;
  float* dx;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const {
    const int64_t label = labels[item_of(i, labels.classes, inner)];
    dx[i] = label < 0 ? 0 : scale * (probability[i] - (label == c ? 1 : 0));
  }
};

}  // namespace caffe4j
