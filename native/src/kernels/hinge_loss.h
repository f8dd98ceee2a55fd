#pragma once
#include "kernels/labels.h"

namespace caffe4j {

/** By how much score i of items x classes violates the margin: max(0, 1 - s) for the item's class, max(0, 1 + s) for the others. */
struct HingeViolation {
  const float* scores;
  Labels labels;
  C4J_KERNEL float of(int64_t i, int64_t c, int64_t label) const {
    const float v = label == c ? 1 - scores[i] : 1 + scores[i];
    return v <= 0 ? 0 : v;
  }
};

/** Sum of an item's violations, or of their squares; infinite for a label that is no class. */
struct HingeLoss {
  HingeViolation violation;
  bool squared;
  C4J_KERNEL double operator()(int64_t item) const {
    const int64_t classes = violation.labels.classes, label = violation.labels[item];
    if (label < 0) return double(INFINITY);
    double sum = 0;
    for (int64_t c = 0; c < classes; ++c) {
      const double v = double(violation.of(item * classes + c, c, label));
      sum += squared ? v * v : v;
    }
    return sum;
  }
};

struct HingeLossBackward {
  HingeViolation violation;
  bool squared;
  float scale;
  float* dx;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const {
    const int64_t label = violation.labels[i / violation.labels.classes];
    const float v = violation.of(i, c, label);
    dx[i] = (label == c ? -scale : scale) * (squared ? 2 * v : v > 0 ? 1 : v);
  }
};

}  // namespace caffe4j
