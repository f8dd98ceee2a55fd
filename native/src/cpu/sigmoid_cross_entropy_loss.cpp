#include "caffe4j/sigmoid_cross_entropy_loss.h"

#include "error.h"
#include "kernels/sigmoid_cross_entropy_loss.h"
#include "launch.h"

namespace caffe4j {

double sigmoid_cross_entropy_loss_forward(Tensor* bottom, Tensor* target, bool has_ignore_label, int ignore_label) {
  Tensor &x = deref(bottom, "bottom"), &t = deref(target, "target");
  require_same_count(x, t, "scores and targets");
  const float *scores = x.device_read(), *targets = t.device_read();
  const TargetCounts counts{has_ignore_label, float(ignore_label)};
  return sum_of(x.context(), x.count(), SigmoidCrossEntropyLoss{scores, targets, counts});
}

void sigmoid_cross_entropy_loss_backward(Tensor* bottom, Tensor* target, Tensor* bottom_diff, bool has_ignore_label, int ignore_label,
                                         float scale) {
  Tensor &x = deref(bottom, "bottom"), &t = deref(target, "target"), &dx = deref(bottom_diff, "bottom diff");
  require_same_count(x, t, "scores and targets");
  require_same_count(x, dx, "scores and their diff");
  const float *scores = x.device_read(), *targets = t.device_read();
  const TargetCounts counts{has_ignore_label, float(ignore_label)};
  launch(x.context(), x.count(), SigmoidCrossEntropyLossBackward{scores, targets, counts, scale, dx.device_overwrite()});
}

}  // namespace caffe4j
