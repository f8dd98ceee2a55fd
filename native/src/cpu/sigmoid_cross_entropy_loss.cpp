#include "caffe4j/sigmoid_cross_entropy_loss.h"

#include <cmath>

#include "error.h"
#include "kernels/vector_math.h"
#include "launch.h"

namespace caffe4j {

namespace {

/** Tells elements that count, 1, from ignored ones, 0. */
struct Counts {
  bool has_ignored;
  float ignored;

  /** `target` cut to a whole number is the ignored one. */
  float operator()(float target) const { return has_ignored && std::trunc(target) == ignored ? 0.0f : 1.0f; }
};

}  // namespace

double sigmoid_cross_entropy_loss_forward(Tensor* bottom, Tensor* target, bool has_ignore_label, int ignore_label) {
  Tensor &x = deref(bottom, "bottom"), &t = deref(target, "target");
  require_same_count(x, t, "scores and targets");
  const float *scores = x.read(), *targets = t.read();
  const Counts counts{has_ignore_label, float(ignore_label)};
  const int64_t n = x.count();
  double loss = 0;
  x.context().enter();
#pragma omp parallel for simd reduction(+ : loss) schedule(static) if (n >= kSerialBelow)
  for (int64_t i = 0; i < n; ++i) {
    const float v = scores[i], positive = v >= 0 ? 1.0f : 0.0f;
    const float log_likelihood = v * (targets[i] - positive) - vector_log1p(vector_exp(-std::fabs(v)));
    loss -= double(counts(targets[i]) == 0 ? 0 : log_likelihood);
  }
  return loss;
}

void sigmoid_cross_entropy_loss_backward(Tensor* bottom, Tensor* target, Tensor* bottom_diff, bool has_ignore_label, int ignore_label,
                                         float scale) {
  Tensor &x = deref(bottom, "bottom"), &t = deref(target, "target"), &dx = deref(bottom_diff, "bottom diff");
  require_same_count(x, t, "scores and targets");
  require_same_count(x, dx, "scores and their diff");
  const float *scores = x.read(), *targets = t.read();
  const Counts counts{has_ignore_label, float(ignore_label)};
  float* to = dx.overwrite();
  launch(x.context(), x.count(), [=](int64_t i) {
    const float sigmoid = 1 / (1 + vector_exp(-scores[i]));
    to[i] = counts(targets[i]) == 0 ? 0 : scale * (sigmoid - targets[i]);
  });
}

}  // namespace caffe4j
