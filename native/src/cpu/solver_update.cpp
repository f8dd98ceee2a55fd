#include "caffe4j/solver_update.h"

#include "error.h"
#include "kernels/solver_update.h"
#include "launch.h"

namespace caffe4j {

namespace {
Regularized regularized(Tensor* data, Tensor* diff, float scale, float l1, float l2) {
  Tensor& w = deref(data, "data");
  Tensor& d = deref(diff, "diff");
  require_same_count(w, d, "a parameter's data and diff");
  return {w.update(), d.update(), scale, l1, l2};
}

float* history_of(const Tensor* data, Tensor* history) {
  Tensor& h = deref(history, "history");
  require_same_count(*data, h, "a parameter and its solver history");
  return h.update();
}

template <class Update>
void run(Tensor* data, const Update& update) {
  launch(data->context(), data->count(), update);
}
}  // namespace

void sgd_update(Tensor* data, Tensor* diff, Tensor* history, float scale, float l1, float l2, float rate, float momentum) {
  const Regularized param = regularized(data, diff, scale, l1, l2);
  run(data, SgdUpdate{param, history_of(data, history), rate, momentum});
}

void nesterov_update(Tensor* data, Tensor* diff, Tensor* history, float scale, float l1, float l2, float rate, float momentum) {
  const Regularized param = regularized(data, diff, scale, l1, l2);
  run(data, NesterovUpdate{param, history_of(data, history), rate, momentum});
}

void adagrad_update(Tensor* data, Tensor* diff, Tensor* history, float scale, float l1, float l2, float rate, float delta) {
  const Regularized param = regularized(data, diff, scale, l1, l2);
  run(data, AdaGradUpdate{param, history_of(data, history), rate, delta});
}

void rmsprop_update(Tensor* data, Tensor* diff, Tensor* history, float scale, float l1, float l2, float rate, float decay, float delta) {
  const Regularized param = regularized(data, diff, scale, l1, l2);
  run(data, RmsPropUpdate{param, history_of(data, history), rate, decay, delta});
}

void adadelta_update(Tensor* data, Tensor* diff, Tensor* history, Tensor* step_history, float scale, float l1, float l2, float rate,
                     float momentum, float delta) {
  const Regularized param = regularized(data, diff, scale, l1, l2);
  run(data, AdaDeltaUpdate{param, history_of(data, history), history_of(data, step_history), rate, momentum, delta});
}

void adam_update(Tensor* data, Tensor* diff, Tensor* mean, Tensor* variance, float scale, float l1, float l2, float rate, float beta1,
                 float beta2, float delta) {
  const Regularized param = regularized(data, diff, scale, l1, l2);
  run(data, AdamUpdate{param, history_of(data, mean), history_of(data, variance), rate, beta1, beta2, delta});
}

}  // namespace caffe4j
