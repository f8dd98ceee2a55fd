#pragma once
#include "kernels/vector_math.h"

namespace caffe4j {

/** Tells elements that count, 1, from ignored ones, 0. */
struct TargetCounts {
  bool has_ignored;
  float ignored;

  /** `target` cut to a whole number is the ignored one. */
  C4J_KERNEL float operator()(float target) const { return has_ignored && truncf(target) == ignored ? 0.0f : 1.0f; }
};

struct SigmoidCrossEntropyLoss {
  const float* scores;
  const float* targets;
  TargetCounts counts;
  C4J_KERNEL double operator()(int64_t i) const {
    const float v = scores[i], positive = v >= 0 ? 1.0f : 0.0f;
    const float log_likelihood = v * (targets[i] - positive) - vector_log1p(vector_exp(-fabsf(v)));
    return -double(counts(targets[i]) == 0 ? 0 : log_likelihood);
  }
};

struct SigmoidCrossEntropyLossBackward {
  const float* scores;
  const float* targets;
  TargetCounts counts;
  float scale;
  float* dx;
  C4J_KERNEL void operator()(int64_t i) const {
    const float sigmoid = 1 / (1 + vector_exp(-scores[i]));
    dx[i] = counts(targets[i]) == 0 ? 0 : scale * (sigmoid - targets[i]);
  }
};

}  // namespace caffe4j
