#include "caffe4j/infogain_loss.h"

#include <cmath>

#include "channels.h"
#include "kernels/infogain_loss.h"
#include "kernels/math.h"
#include "kernels/reduction.h"
#include "labels.h"

namespace caffe4j {

namespace {

InfogainCosts costs_of(Tensor& probability, Tensor& label, Tensor& matrix, const Split3& s, bool has_ignored, int ignored) {
  s.require_count(probability, "the probabilities");
  s.require_items(label, "the labels");
  Split3{1, s.channels, s.channels}.require_count(matrix, "the infogain matrix");
  const float *costs = matrix.device_read(), *p = probability.device_read();
  return {costs, p, {label.device_read(), s.channels, has_ignored, ignored}, s.inner};
}

}  // namespace

double infogain_loss_forward(Tensor* probability, Tensor* label, Tensor* matrix, int64_t outer, int64_t channels, int64_t inner,
                             bool has_ignore_label, int ignore_label) {
  Tensor &p = deref(probability, "probability"), &l = deref(label, "label");
  const Split3 s{outer, channels, inner};
  const InfogainCosts costs = costs_of(p, l, deref(matrix, "matrix"), s, has_ignore_label, ignore_label);
  const double loss = sum_of(p.context(), s.items(), InfogainLoss{costs, kLeastProbability});
  if (std::isinf(loss)) require_classes(l, channels, has_ignore_label, ignore_label);
  return loss;
}

void infogain_loss_backward(Tensor* probability, Tensor* label, Tensor* matrix, Tensor* bottom_diff, int64_t outer, int64_t channels,
                            int64_t inner, bool has_ignore_label, int ignore_label, float scale) {
  Tensor &p = deref(probability, "probability"), &h = deref(matrix, "matrix"), &dx = deref(bottom_diff, "bottom diff");
  const Split3 s{outer, channels, inner};
  s.require_count(dx, "the bottom's diff");
  const InfogainCosts costs = costs_of(p, deref(label, "label"), h, s, has_ignore_label, ignore_label);
  Context& context = p.context();
  float* sums = context.scratch(channels);
  launch(context, channels, Fill{sums, 0});
  add_channel_sums(context, plain_view(h, channels, channels), sums, ReductionTerm<ReduceSum>{costs.matrix});
  launch_channels(context, plain_view(dx, channels, inner), InfogainLossBackward{costs, sums, scale, dx.device_overwrite()});
}

}  // namespace caffe4j
