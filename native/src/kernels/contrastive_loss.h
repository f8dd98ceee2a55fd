#pragma once
#include <cmath>

#include "kernels/kernel.h"

namespace caffe4j {

/** The loss of pair n, and its squared distance. */
struct ContrastiveLoss {
  const float* a;
  const float* b;
  const float* similar;
  float* squared;
  int64_t size;
  float margin;
  bool legacy;

  C4J_KERNEL double operator()(int64_t n) const {
    double sum = 0;
    for (int64_t i = n * size; i < (n + 1) * size; ++i) {
      const double d = a[i] - b[i];
      sum += d * d;
    }
    squared[n] = float(sum);
    if (int(similar[n]) != 0) return sum;
    const double missing = double(margin) - (legacy ? sum : sqrt(sum));
    return !(missing > 0) ? 0 : legacy ? missing : missing * missing;
  }
};

/** Half of the loss's gradient by a, element by element, times `scale`. */
struct ContrastiveLossBackward {
  const float* a;
  const float* b;
  const float* similar;
  const float* squared;
  float* diff;
  int64_t size;
  float margin, scale;
  bool legacy;

  C4J_KERNEL float factor(int64_t n) const {
    if (int(similar[n]) != 0) return 1;
    if (legacy) return margin - squared[n] > 0 ? -1 : 0;
    const float distance = sqrtf(squared[n]), missing = margin - distance;
    return missing > 0 ? -missing / (distance + 1e-4f) : 0;
  }
  C4J_KERNEL void operator()(int64_t i) const { diff[i] = scale * factor(i / size) * (a[i] - b[i]); }
};

}  // namespace caffe4j
