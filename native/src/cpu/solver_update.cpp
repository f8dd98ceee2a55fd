#include "caffe4j/solver_update.h"

#include "error.h"
#include "kernels/solver_update.h"
#include "launch.h"

namespace caffe4j {

namespace {
/** One parameter's arrays, all in the layout that its gradient is in: nothing is converted from one iteration to the next. */
class Step {
 public:
  /** @param keeps_zero whether the update of an element of zeros is 0, so that it may run over the padding of a layout */
  Step(Tensor* data, Tensor* diff, bool keeps_zero) : data_(deref(data, "data")), diff_(deref(diff, "diff")) {
    require_same_count(data_, diff_, "a parameter's data and diff");
    layout_ = diff_.is_zero() ? data_.form() : diff_.form();
    if (!keeps_zero && floats_in(layout_) != data_.count()) layout_ = data_.plain_layout();
  }

  float* values(Tensor& t) const {
    values_as(t, layout_);
    return overwrite_values_as(t, layout_);
  }

  float* history(Tensor* history) const {
    Tensor& h = deref(history, "history");
    require_same_count(data_, h, "a parameter and its solver history");
    return values(h);
  }

  Regularized param(float scale, float l1, float l2) const { return {values(data_), values(diff_), scale, l1, l2}; }

  template <class Update>
  void run(const Update& update) const {
    launch(data_.context(), floats_in(layout_), update);
  }

 private:
  Tensor &data_, &diff_;
  dnnl::memory::desc layout_;
};
}  // namespace

void sgd_update(Tensor* data, Tensor* diff, Tensor* history, float scale, float l1, float l2, float rate, float momentum) {
  const Step step(data, diff, /*keeps_zero=*/true);
  step.run(SgdUpdate{step.param(scale, l1, l2), step.history(history), rate, momentum});
}

void nesterov_update(Tensor* data, Tensor* diff, Tensor* history, float scale, float l1, float l2, float rate, float momentum) {
  const Step step(data, diff, /*keeps_zero=*/true);
  step.run(NesterovUpdate{step.param(scale, l1, l2), step.history(history), rate, momentum});
}

void adagrad_update(Tensor* data, Tensor* diff, Tensor* history, float scale, float l1, float l2, float rate, float delta) {
  const Step step(data, diff, /*keeps_zero=*/delta > 0);
  step.run(AdaGradUpdate{step.param(scale, l1, l2), step.history(history), rate, delta});
}

void rmsprop_update(Tensor* data, Tensor* diff, Tensor* history, float scale, float l1, float l2, float rate, float decay, float delta) {
  const Step step(data, diff, /*keeps_zero=*/delta > 0);
  step.run(RmsPropUpdate{step.param(scale, l1, l2), step.history(history), rate, decay, delta});
}

void adadelta_update(Tensor* data, Tensor* diff, Tensor* history, Tensor* step_history, float scale, float l1, float l2, float rate,
                     float momentum, float delta) {
  const Step step(data, diff, /*keeps_zero=*/delta > 0);
  step.run(AdaDeltaUpdate{step.param(scale, l1, l2), step.history(history), step.history(step_history), rate, momentum, delta});
}

void adam_update(Tensor* data, Tensor* diff, Tensor* mean, Tensor* variance, float scale, float l1, float l2, float rate, float beta1,
                 float beta2, float delta) {
  const Step step(data, diff, /*keeps_zero=*/delta > 0);
  step.run(AdamUpdate{step.param(scale, l1, l2), step.history(mean), step.history(variance), rate, beta1, beta2, delta});
}

}  // namespace caffe4j
