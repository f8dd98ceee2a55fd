#include "recurrent.h"

#include "channels.h"
#include "convolution.h"
#include "error.h"
#include "gemm.h"
#include "kernels/bias.h"
#include "kernels/math.h"
#include "kernels/recurrent.h"
#include "launch.h"

namespace caffe4j {

RecurrentShape RecurrentShape::of(int64_t steps, int64_t inputs, int64_t static_inputs, int64_t outputs) {
  require(steps > 0 && inputs > 0 && static_inputs >= 0 && outputs > 0, ErrorKind::INVALID,
          "a recurrent layer needs steps, inputs and outputs, got ", steps, ", ", inputs, " and ", outputs);
  return {steps, inputs, static_inputs, outputs};
}

int64_t RecurrentShape::batch_of(const Tensor& x, const Tensor& cont, const Tensor* x_static, const Tensor& top) const {
  require(x.count() % (steps * inputs) == 0, ErrorKind::SHAPE, "x of shape ", shape_string(x.dims()), " is not ", steps, " steps of ", inputs,
          " values an item");
  const int64_t batch = x.count() / (steps * inputs);
  require_count(&cont, steps * batch, "cont");
  require_count(&top, steps * batch * outputs, "top");
  require((x_static == nullptr) == (static_inputs == 0), ErrorKind::INVALID, "the static input does not fit how the operation was made");
  require_count(x_static, batch * static_inputs, "x_static");
  return batch;
}

void require_count(const Tensor* tensor, int64_t count, const char* what) {
  require(tensor == nullptr || tensor->count() == count, ErrorKind::SHAPE, what, " must have ", count, " elements, got shape ",
          tensor == nullptr ? std::string() : shape_string(tensor->dims()));
}

void InputProjection::check(const Tensor* w_x, const Tensor* bias, const Tensor* w_static, const char* what) const {
  require_count(w_x, width * shape.inputs, what);
  require_count(bias, width, what);
  require_count(w_static, width * shape.static_inputs, what);
}

void InputProjection::forward(Tensor& x, Tensor* x_static, Tensor& w_x, Tensor& bias, Tensor* w_static, float* pre) const {
  check(&w_x, &bias, w_static, "a weight of the input projection");
  const int64_t rows = shape.steps * batch;
  gemm(context, false, true, rows, width, shape.inputs, 1, x.device_read(), w_x.device_read(), 0, pre);
  add_bias(context, rows, width, 1, bias.device_read(), pre);
  if (x_static == nullptr) return;
  const float *from = x_static->device_read(), *w = deref(w_static, "static weight").device_read();
  for (int64_t t = 0; t < shape.steps; ++t) {
    gemm(context, false, true, batch, width, shape.static_inputs, 1, from, w, 1, pre + t * batch * width);
  }
}

void InputProjection::backward(const float* pre_diff, Tensor& x, Tensor* x_static, Tensor& w_x, Tensor* w_static, Tensor* x_diff,
                               Tensor* x_static_diff, Tensor* w_x_diff, Tensor* bias_diff, Tensor* w_static_diff) const {
  check(&w_x, nullptr, w_static, "a weight of the input projection");
  check(w_x_diff, bias_diff, w_static_diff, "a weight's diff of the input projection");
  require_count(x_diff, x.count(), "x's diff");
  const int64_t rows = shape.steps * batch;
  if (w_x_diff != nullptr) gemm(context, true, false, width, shape.inputs, rows, 1, pre_diff, x.device_read(), 1, w_x_diff->device_update());
  if (bias_diff != nullptr) add_rows(context, rows, width, pre_diff, bias_diff->device_update());
  if (x_diff != nullptr) gemm(context, false, false, rows, shape.inputs, width, 1, pre_diff, w_x.device_read(), 0, x_diff->device_overwrite());
  if (x_static == nullptr || (x_static_diff == nullptr && w_static_diff == nullptr)) return;
  DeviceArray<float> sum(context, batch * width);
  copy_values(context, pre_diff, sum.data(), sum.size());
  for (int64_t t = 1; t < shape.steps; ++t) launch(context, sum.size(), Axpy{1, pre_diff + t * sum.size(), sum.data()});
  require_count(x_static_diff, x_static->count(), "x_static's diff");
  if (w_static_diff != nullptr) {
    gemm(context, true, false, width, shape.static_inputs, batch, 1, sum.data(), x_static->device_read(), 1, w_static_diff->device_update());
  }
  if (x_static_diff != nullptr) {
    gemm(context, false, false, batch, shape.static_inputs, width, 1, sum.data(), deref(w_static, "static weight").device_read(), 0,
         x_static_diff->device_overwrite());
  }
}

void mask_state(const Context& context, int64_t batch, int64_t width, const float* cont, const float* state, float* masked) {
  launch(context, batch * width, MaskState{cont, state, masked, width});
}

void add_rows(const Context& context, int64_t rows, int64_t columns, const float* values, float* sums) {
  add_channel_sums(context, {rows, columns, 1, 1, columns, row_major({rows, columns})}, sums, BiasGradient{values});
}

void fill_state(const Context& context, Tensor* state, int64_t count, float* to) {
  if (state != nullptr) {
    copy_values(context, state->device_read(), to, count);
  } else {
    launch(context, count, Fill{to, 0});
  }
}

}  // namespace caffe4j
