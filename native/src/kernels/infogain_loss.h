#pragma once
#include "kernels/labels.h"

namespace caffe4j {

/** What mistaking classes for one another costs: `matrix` is classes x classes, a row a label. */
struct InfogainCosts {
  const float* matrix;
  const float* probability;
  Labels labels;
  int64_t inner;
};

/** -sum over the classes of cost * log(probability), which counts as `least` at least; infinite for a label that is no class. */
struct InfogainLoss {
  InfogainCosts costs;
  float least;
  C4J_KERNEL double operator()(int64_t i) const {
    const int64_t classes = costs.labels.classes, label = costs.labels[i];
    if (label < 0) return label == -1 ? 0 : double(INFINITY);
    const float* p = costs.probability + (i / costs.inner * classes * costs.inner + i % costs.inner);
    double loss = 0;
    for (int64_t c = 0; c < classes; ++c) {
      const float cost = costs.matrix[label * classes + c], v = p[c * costs.inner];
      if (cost != 0) loss -= double(cost) * double(logf(v < least ? least : v));
    }
    return loss;
  }
};

/** dx = scale * (probability * the label's sum of costs - the class's cost), 0 for ignored items. */
struct InfogainLossBackward {
  InfogainCosts costs;
  const float* sums;
  float scale;
  float* dx;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const {
    const int64_t classes = costs.labels.classes, label = costs.labels[item_of(i, classes, costs.inner)];
    dx[i] = label < 0 ? 0 : scale * (costs.probability[i] * sums[label] - costs.matrix[label * classes + c]);
  }
};

}  // namespace caffe4j
