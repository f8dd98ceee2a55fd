#include "convolution.h"
#include "error.h"
#include "gemm.h"
#include "kernels/recurrent.h"
#include "launch.h"
#include "recurrent.h"

namespace caffe4j {

class Rnn {
 public:
  Rnn(Context& context, RecurrentShape shape) : context_(context), s_(shape) {}

  void forward(Tensor& x, Tensor& cont, Tensor* x_static, Tensor& w_x, Tensor& bias, Tensor* w_static, Tensor& w_h, Tensor& w_o, Tensor& bias_o,
               Tensor& h_0, Tensor& top, Tensor& h_last) {
    const int64_t n = s_.batch_of(x, cont, x_static, top), d = s_.outputs, state = n * d;
    for (const Tensor* t : {&w_h, &w_o}) require_count(t, d * d, "w_h or w_o");
    require_count(&bias_o, d, "the output's bias");
    for (const Tensor* t : {&h_0, &h_last}) require_count(t, state, "a state");
    batch_ = n;
    float* hidden = hidden_.sized(context_, s_.steps * state);
    float* masked = masked_.sized(context_, s_.steps * state);
    projection().forward(x, x_static, w_x, bias, w_static, hidden);
    const float *h = h_0.device_read(), *mask = cont.device_read(), *w = w_h.device_read();
    for (int64_t t = 0; t < s_.steps; ++t) {
      mask_state(context_, n, d, mask + t * n, h, masked + t * state);
      gemm(context_, false, true, n, d, d, 1, masked + t * state, w, 1, hidden + t * state);
      launch(context_, state, TanhInPlace{hidden + t * state});
      h = hidden + t * state;
    }
    copy_values(context_, h, h_last.device_overwrite(), state);
    float* out = top.device_overwrite();
    gemm(context_, false, true, s_.steps * n, d, d, 1, hidden, w_o.device_read(), 0, out);
    add_bias(context_, s_.steps * n, d, 1, bias_o.device_read(), out);
    launch(context_, s_.steps * state, TanhInPlace{out});
  }

  void backward(Tensor& x, Tensor& cont, Tensor* x_static, Tensor& w_x, Tensor* w_static, Tensor& w_h, Tensor& w_o, Tensor& top,
                Tensor& top_diff, Tensor* h_last_diff, Tensor* x_diff, Tensor* x_static_diff, Tensor* w_x_diff, Tensor* bias_diff,
                Tensor* w_static_diff, Tensor* w_h_diff, Tensor* w_o_diff, Tensor* bias_o_diff, Tensor* h_0_diff) {
    const int64_t n = s_.batch_of(x, cont, x_static, top), d = s_.outputs, state = n * d, rows = s_.steps * n;
    require(n == batch_, ErrorKind::INVALID, "backward without a forward of the same batch: ", n, " items against ", batch_);
    require_count(&top_diff, top.count(), "top's diff");
    for (const Tensor* t : {static_cast<const Tensor*>(&w_h), static_cast<const Tensor*>(&w_o), static_cast<const Tensor*>(w_h_diff),
                            static_cast<const Tensor*>(w_o_diff)}) {
      require_count(t, d * d, "w_h, w_o or a diff of them");
    }
    require_count(bias_o_diff, d, "the diff of the output's bias");
    for (const Tensor* t : {h_last_diff, h_0_diff}) require_count(t, state, "a state's diff");

    float* dout = out_diff_.sized(context_, rows * d);
    const float *y = top.device_read(), *dy = top_diff.device_read();
    copy_values(context_, dy, dout, rows * d);
    launch(context_, rows * d, TanhBackwardInPlace{y, nullptr, dout});
    if (w_o_diff != nullptr) gemm(context_, true, false, d, d, rows, 1, dout, hidden_.data(), 1, w_o_diff->device_update());
    if (bias_o_diff != nullptr) add_rows(context_, rows, d, dout, bias_o_diff->device_update());

    float* dpre = hidden_diff_.sized(context_, rows * d);
    gemm(context_, false, false, rows, d, d, 1, dout, w_o.device_read(), 0, dpre);
    DeviceArray<float> dh(context_, state);
    fill_state(context_, h_last_diff, state, dh.data());
    const float *mask = cont.device_read(), *w = w_h.device_read();
    for (int64_t t = s_.steps; t-- > 0;) {
      const float* h = hidden_.data() + t * state;
      float* step = dpre + t * state;
      launch(context_, state, TanhBackwardInPlace{h, dh.data(), step});
      gemm(context_, false, false, n, d, d, 1, step, w, 0, dh.data());
      mask_state(context_, n, d, mask + t * n, dh.data(), dh.data());
    }
    if (w_h_diff != nullptr) gemm(context_, true, false, d, d, rows, 1, dpre, masked_.data(), 1, w_h_diff->device_update());
    if (h_0_diff != nullptr) copy_values(context_, dh.data(), h_0_diff->device_overwrite(), state);
    projection().backward(dpre, x, x_static, w_x, w_static, x_diff, x_static_diff, w_x_diff, bias_diff, w_static_diff);
  }

 private:
  InputProjection projection() const { return {context_, s_, batch_, s_.outputs}; }

  Context& context_;
  RecurrentShape s_;
  int64_t batch_ = -1;
  DeviceArray<float> hidden_, masked_, out_diff_, hidden_diff_;
};

Rnn* rnn_create(Context* context, int64_t steps, int64_t inputs, int64_t static_inputs, int64_t outputs) {
  return new Rnn(deref(context, "context"), RecurrentShape::of(steps, inputs, static_inputs, outputs));
}

void rnn_destroy(Rnn* rnn) { delete rnn; }

void rnn_forward(Rnn* rnn, Tensor* x, Tensor* cont, Tensor* x_static, Tensor* w_x, Tensor* bias, Tensor* w_static, Tensor* w_h, Tensor* w_o,
                 Tensor* bias_o, Tensor* h_0, Tensor* top, Tensor* h_last) {
  deref(rnn, "RNN").forward(deref(x, "x"), deref(cont, "cont"), x_static, deref(w_x, "w_x"), deref(bias, "bias"), w_static, deref(w_h, "w_h"),
                            deref(w_o, "w_o"), deref(bias_o, "bias_o"), deref(h_0, "h_0"), deref(top, "top"), deref(h_last, "h_last"));
}

void rnn_backward(Rnn* rnn, Tensor* x, Tensor* cont, Tensor* x_static, Tensor* w_x, Tensor* w_static, Tensor* w_h, Tensor* w_o, Tensor* top,
                  Tensor* top_diff, Tensor* h_last_diff, Tensor* x_diff, Tensor* x_static_diff, Tensor* w_x_diff, Tensor* bias_diff,
                  Tensor* w_static_diff, Tensor* w_h_diff, Tensor* w_o_diff, Tensor* bias_o_diff, Tensor* h_0_diff) {
  deref(rnn, "RNN").backward(deref(x, "x"), deref(cont, "cont"), x_static, deref(w_x, "w_x"), w_static, deref(w_h, "w_h"), deref(w_o, "w_o"),
                             deref(top, "top"), deref(top_diff, "top diff"), h_last_diff, x_diff, x_static_diff, w_x_diff, bias_diff,
                             w_static_diff, w_h_diff, w_o_diff, bias_o_diff, h_0_diff);
}

}  // namespace caffe4j
