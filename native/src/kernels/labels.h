#pragma once
#include <cfloat>
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

/** The loss of an item of outer x classes x inner probabilities; infinite for a label that is no class, which no loss else is. */
struct SoftmaxLoss {
  const float* probability;
  Labels labels;
  int64_t inner;
  C4J_KERNEL double operator()(int64_t i) const {
    const int64_t c = labels[i];
    if (c < 0) return c == -1 ? 0 : double(INFINITY);
    const float p = probability[(i / inner * labels.classes + c) * inner + i % inner];
    return -double(logf(p < FLT_MIN ? FLT_MIN : p));
  }
};

/** dx = scale * (probability - 1 for the item's class), 0 for ignored items. */
struct SoftmaxLossBackward {
  const float* probability;
  Labels labels;
  int64_t inner;
  float scale;
  float* dx;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const {
    const int64_t row = i / inner, label = labels[row / labels.classes * inner + (i - row * inner)];
    dx[i] = label < 0 ? 0 : scale * (probability[i] - (label == c ? 1 : 0));
  }
};

/** rank = the number of scores that are at least the label's, its own among them; 0 for a label that is no class. */
struct AccuracyRank {
  const float* scores;
  const float* labels;
  float* ranks;
  int64_t channels, inner;
  C4J_KERNEL void operator()(int64_t i) const {
    const float v = labels[i];
    const float* score = scores + i / inner * channels * inner + i % inner;
    int rank = 0;
    if (v > -1 && v < float(channels)) {
      const float own = score[int64_t(v) * inner];
      for (int64_t c = 0; c < channels; ++c) rank += score[c * inner] >= own;
    }
    ranks[i] = float(rank);
  }
};

}  // namespace caffe4j
