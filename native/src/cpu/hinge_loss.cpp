#include "caffe4j/hinge_loss.h"

#include <cmath>

#include "channels.h"
#include "kernels/hinge_loss.h"
#include "labels.h"

namespace caffe4j {

double hinge_loss_forward(Tensor* score, Tensor* label, int64_t items, int64_t classes, bool squared) {
  Tensor &x = deref(score, "score"), &l = deref(label, "label");
  const Split3 s{items, classes, 1};
  s.require_count(x, "the scores");
  s.require_items(l, "the labels");
  const float* scores = x.device_read();
  const double loss = sum_of(x.context(), items, HingeLoss{{scores, {l.device_read(), classes, false, 0}}, squared});
  if (std::isinf(loss)) require_classes(l, classes, false, 0);
  return loss;
}

void hinge_loss_backward(Tensor* score, Tensor* label, Tensor* score_diff, int64_t items, int64_t classes, bool squared, float scale) {
  Tensor &x = deref(score, "score"), &l = deref(label, "label"), &dx = deref(score_diff, "score diff");
  const Split3 s{items, classes, 1};
  s.require_count(x, "the scores");
  s.require_count(dx, "the scores' diff");
  s.require_items(l, "the labels");
  const float *scores = x.device_read(), *labels = l.device_read();
  launch_channels(x.context(), plain_view(dx, classes, 1), HingeLossBackward{{scores, {labels, classes, false, 0}}, squared, scale, dx.device_overwrite()});
}

}  // namespace caffe4j
