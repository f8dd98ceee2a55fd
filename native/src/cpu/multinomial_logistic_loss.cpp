#include "caffe4j/multinomial_logistic_loss.h"

#include "channels.h"
#include "kernels/multinomial_logistic_loss.h"
#include "labels.h"

namespace caffe4j {

double multinomial_logistic_loss_forward(Tensor* probability, Tensor* label, int64_t items, int64_t classes) {
  return sum_of_logs(deref(probability, "probability"), deref(label, "label"), {items, classes, 1}, false, 0, kLeastProbability);
}

void multinomial_logistic_loss_backward(Tensor* probability, Tensor* label, Tensor* probability_diff, int64_t items, int64_t classes,
                                        float scale) {
  Tensor &p = deref(probability, "probability"), &l = deref(label, "label"), &dp = deref(probability_diff, "probability diff");
  const Split3 s{items, classes, 1};
  s.require_count(p, "the probabilities");
  s.require_count(dp, "the probabilities' diff");
  s.require_items(l, "the labels");
  const float *values = p.device_read(), *labels = l.device_read();
  const MultinomialLogisticLossBackward kernel{values, {labels, classes, false, 0}, scale, kLeastProbability, dp.device_overwrite()};
  launch_channels(p.context(), plain_view(dp, classes, 1), kernel);
}

}  // namespace caffe4j
