#include "error.h"
#include "gemm.h"
#include "kernels/lstm_unit.h"
#include "kernels/math.h"
#include "launch.h"
#include "recurrent.h"

namespace caffe4j {

void lstm_unit_forward(Tensor* c_prev, Tensor* gates, Tensor* cont, Tensor* c, Tensor* h) {
  Tensor &from = deref(c_prev, "c_prev"), &x = deref(gates, "gates"), &mask = deref(cont, "cont"), &cell = deref(c, "c"),
         &hidden = deref(h, "h");
  require(mask.count() > 0 && from.count() % mask.count() == 0, ErrorKind::SHAPE, "cont of shape ", shape_string(mask.dims()),
          " does not fit c_prev of shape ", shape_string(from.dims()));
  require_count(&x, 4 * from.count(), "gates");
  require_count(&cell, from.count(), "c");
  require_count(&hidden, from.count(), "h");
  launch(x.context(), from.count(),
         LstmUnitForward{from.device_read(), x.device_read(), mask.device_read(), cell.device_overwrite(), hidden.device_overwrite(), from.count() / mask.count()});
}

void lstm_unit_backward(Tensor* c_prev, Tensor* gates, Tensor* cont, Tensor* c, Tensor* c_diff, Tensor* h_diff, Tensor* c_prev_diff,
                        Tensor* gates_diff) {
  Tensor &from = deref(c_prev, "c_prev"), &x = deref(gates, "gates"), &mask = deref(cont, "cont"), &cell = deref(c, "c"),
         &dc = deref(c_diff, "c diff"), &dh = deref(h_diff, "h diff"), &dfrom = deref(c_prev_diff, "c_prev diff"),
         &dx = deref(gates_diff, "gates diff");
  const int64_t count = from.count();
  require(mask.count() > 0 && count % mask.count() == 0, ErrorKind::SHAPE, "cont of shape ", shape_string(mask.dims()),
          " does not fit c_prev of shape ", shape_string(from.dims()));
  for (const Tensor* t : {&cell, &dc, &dh, &dfrom}) require_count(t, count, "a state or its diff");
  for (const Tensor* t : {&x, &dx}) require_count(t, 4 * count, "gates or their diff");
  launch(x.context(), count, LstmUnitBackward{from.device_read(), x.device_read(), mask.device_read(), cell.device_read(), dc.device_read(), dh.device_read(), dfrom.device_overwrite(),
                                              dx.device_overwrite(), count / mask.count()});
}

class Lstm {
 public:
  Lstm(Context& context, RecurrentShape shape) : context_(context), s_(shape) {}

  void forward(Tensor& x, Tensor& cont, Tensor* x_static, Tensor& w_x, Tensor& bias, Tensor* w_static, Tensor& w_h, Tensor& h_0, Tensor& c_0,
               Tensor& top, Tensor& h_last, Tensor& c_last) {
    const int64_t n = s_.batch_of(x, cont, x_static, top), d = s_.outputs, state = n * d;
    require_count(&w_h, 4 * d * d, "w_h");
    for (const Tensor* t : {&h_0, &c_0, &h_last, &c_last}) require_count(t, state, "a state");
    batch_ = n;
    float* gates = gates_.sized(context_, s_.steps * 4 * state);
    float* masked = masked_.sized(context_, s_.steps * state);
    float* cells = cells_.sized(context_, (s_.steps + 1) * state);
    projection().forward(x, x_static, w_x, bias, w_static, gates);
    copy_values(context_, c_0.device_read(), cells, state);
    const float *h = h_0.device_read(), *mask = cont.device_read(), *w = w_h.device_read();
    float* out = top.device_overwrite();
    for (int64_t t = 0; t < s_.steps; ++t) {
      mask_state(context_, n, d, mask + t * n, h, masked + t * state);
      gemm(context_, false, true, n, 4 * d, d, 1, masked + t * state, w, 1, gates + t * 4 * state);
      launch(context_, state, LstmUnitForward{cells + t * state, gates + t * 4 * state, mask + t * n, cells + (t + 1) * state, out + t * state, d});
      h = out + t * state;
    }
    copy_values(context_, h, h_last.device_overwrite(), state);
    copy_values(context_, cells + s_.steps * state, c_last.device_overwrite(), state);
  }

  void backward(Tensor& x, Tensor& cont, Tensor* x_static, Tensor& w_x, Tensor* w_static, Tensor& w_h, Tensor& top_diff, Tensor* h_last_diff,
                Tensor* c_last_diff, Tensor* x_diff, Tensor* x_static_diff, Tensor* w_x_diff, Tensor* bias_diff, Tensor* w_static_diff,
                Tensor* w_h_diff, Tensor* h_0_diff, Tensor* c_0_diff) {
    const int64_t n = s_.batch_of(x, cont, x_static, top_diff), d = s_.outputs, state = n * d;
    require(n == batch_, ErrorKind::INVALID, "backward without a forward of the same batch: ", n, " items against ", batch_);
    require_count(&w_h, 4 * d * d, "w_h");
    require_count(w_h_diff, 4 * d * d, "w_h's diff");
    for (const Tensor* t : {h_last_diff, c_last_diff, h_0_diff, c_0_diff}) require_count(t, state, "a state's diff");
    float* dgates = gates_diff_.sized(context_, s_.steps * 4 * state);
    DeviceArray<float> dh(context_, state), dc(context_, state);
    fill_state(context_, h_last_diff, state, dh.data());
    fill_state(context_, c_last_diff, state, dc.data());
    const float *dy = top_diff.device_read(), *mask = cont.device_read(), *w = w_h.device_read();
    for (int64_t t = s_.steps; t-- > 0;) {
      launch(context_, state, Axpy{1, dy + t * state, dh.data()});
      launch(context_, state, LstmUnitBackward{cells_.data() + t * state, gates_.data() + t * 4 * state, mask + t * n,
                                               cells_.data() + (t + 1) * state, dc.data(), dh.data(), dc.data(), dgates + t * 4 * state, d});
      gemm(context_, false, false, n, d, 4 * d, 1, dgates + t * 4 * state, w, 0, dh.data());
      mask_state(context_, n, d, mask + t * n, dh.data(), dh.data());
    }
    if (w_h_diff != nullptr) gemm(context_, true, false, 4 * d, d, s_.steps * n, 1, dgates, masked_.data(), 1, w_h_diff->device_update());
    if (h_0_diff != nullptr) copy_values(context_, dh.data(), h_0_diff->device_overwrite(), state);
    if (c_0_diff != nullptr) copy_values(context_, dc.data(), c_0_diff->device_overwrite(), state);
    projection().backward(dgates, x, x_static, w_x, w_static, x_diff, x_static_diff, w_x_diff, bias_diff, w_static_diff);
  }

 private:
  InputProjection projection() const { return {context_, s_, batch_, 4 * s_.outputs}; }

  Context& context_;
  RecurrentShape s_;
  int64_t batch_ = -1;
  DeviceArray<float> gates_, masked_, cells_, gates_diff_;
};

Lstm* lstm_create(Context* context, int64_t steps, int64_t inputs, int64_t static_inputs, int64_t outputs) {
  return new Lstm(deref(context, "context"), RecurrentShape::of(steps, inputs, static_inputs, outputs));
}

void lstm_destroy(Lstm* lstm) { delete lstm; }

void lstm_forward(Lstm* lstm, Tensor* x, Tensor* cont, Tensor* x_static, Tensor* w_x, Tensor* bias, Tensor* w_static, Tensor* w_h, Tensor* h_0,
                  Tensor* c_0, Tensor* top, Tensor* h_last, Tensor* c_last) {
  deref(lstm, "LSTM").forward(deref(x, "x"), deref(cont, "cont"), x_static, deref(w_x, "w_x"), deref(bias, "bias"), w_static,
                              deref(w_h, "w_h"), deref(h_0, "h_0"), deref(c_0, "c_0"), deref(top, "top"), deref(h_last, "h_last"),
                              deref(c_last, "c_last"));
}

void lstm_backward(Lstm* lstm, Tensor* x, Tensor* cont, Tensor* x_static, Tensor* w_x, Tensor* w_static, Tensor* w_h, Tensor* top_diff,
                   Tensor* h_last_diff, Tensor* c_last_diff, Tensor* x_diff, Tensor* x_static_diff, Tensor* w_x_diff, Tensor* bias_diff,
                   Tensor* w_static_diff, Tensor* w_h_diff, Tensor* h_0_diff, Tensor* c_0_diff) {
  deref(lstm, "LSTM").backward(deref(x, "x"), deref(cont, "cont"), x_static, deref(w_x, "w_x"), w_static, deref(w_h, "w_h"),
                               deref(top_diff, "top diff"), h_last_diff, c_last_diff, x_diff, x_static_diff, w_x_diff, bias_diff,
                               w_static_diff, w_h_diff, h_0_diff, c_0_diff);
}

}  // namespace caffe4j
