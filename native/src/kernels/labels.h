#pragma once
#include <cmath>

#include "kernels/kernel.h"

namespace caffe4j {

/** Labels are floats that name classes by their whole part, as in Caffe. */
struct Labels {
  const float* values;
  int64_t classes;
  bool has_ignored;
  int ignored;

  /** The item's class, -1 for an ignored item, -2 for a label that is no class. */
  C4J_KERNEL int64_t operator[](int64_t item) const {
    const float v = values[item];
    if (!(v > -2147483648.0f && v < 2147483648.0f)) return -2;  // also not-a-number
    const int label = int(v);
    if (has_ignored && label == ignored) return -1;
    return label >= 0 && label < classes ? label : -2;
  }
};

/** 1 for a label that is neither a class nor ignored, else 0. */
struct IsNoClass {
  Labels labels;
  C4J_KERNEL double operator()(int64_t i) const { return labels[i] == -2 ? 1 : 0; }
};

/** 0 for a value whose whole part is the ignored one, else 1. */
struct IsCounted {
  const float* values;
  float ignored;
  C4J_KERNEL double operator()(int64_t i) const { return truncf(values[i]) == ignored ? 0 : 1; }
};

/** The item that element i of outer x channels x inner is of. */
C4J_KERNEL int64_t item_of(int64_t i, int64_t channels, int64_t inner) { return i / inner / channels * inner + i % inner; }

/**
 * -log of an item's probability for its label, among outer x classes x inner, `least` at least; infinite for a label that is no class,
 * which no loss else is.
 */
struct LogLoss {
  const float* probability;
  Labels labels;
  int64_t inner;
  float least;
  C4J_KERNEL double operator()(int64_t i) const {
    const int64_t c = labels[i];
    if (c < 0) return c == -1 ? 0 : double(INFINITY);
    const float p = probability[(i / inner * labels.classes + c) * inner + i % inner];
    return -double(logf(p < least ? least : p));
  }
};

}  // namespace caffe4j
