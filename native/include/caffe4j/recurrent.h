#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * One step of an LSTM cell for N sequences and D values: gates [N, 4D] are the sums before activation in the order i, f, o, g; cont [N]
 * is 0 where a sequence starts. c = cont * sigmoid(f) * c_prev + sigmoid(i) * tanh(g); h = sigmoid(o) * tanh(c).
 */
C4J_API void lstm_unit_forward(Tensor* c_prev, Tensor* gates, Tensor* cont, Tensor* c, Tensor* h);
/** Overwrites c_prev_diff and gates_diff with the gradients of a step whose forward gave c. */
C4J_API void lstm_unit_backward(Tensor* c_prev, Tensor* gates, Tensor* cont, Tensor* c, Tensor* c_diff, Tensor* h_diff, Tensor* c_prev_diff,
                                Tensor* gates_diff);

/** A whole LSTM over T steps, with the values that backward needs from the last forward. */
class Lstm;
/** A whole RNN over T steps, with the values that backward needs from the last forward. */
class Rnn;

/**
 * @param steps T
 * @param inputs K, values an item and step
 * @param static_inputs values an item that every step sees, 0 for none
 * @param outputs D
 */
C4J_API Lstm* lstm_create(Context* context, int64_t steps, int64_t inputs, int64_t static_inputs, int64_t outputs);
C4J_API void lstm_destroy(Lstm* lstm);

/**
 * top [T, N, D] from x [T, N, K], cont [T, N], x_static [N, Ks] (null without); weights w_x [4D, K], bias [4D], w_static [4D, Ks] (null
 * without), w_h [4D, D]; states h_0, c_0 -> h_last, c_last, all [N, D] (the last may be the first ones).
 */
C4J_API void lstm_forward(Lstm* lstm, Tensor* x, Tensor* cont, Tensor* x_static, Tensor* w_x, Tensor* bias, Tensor* w_static, Tensor* w_h,
                          Tensor* h_0, Tensor* c_0, Tensor* top, Tensor* h_last, Tensor* c_last);
/**
 * Gradients of the last forward from top_diff and the diffs of the last states (null counts as zero). Overwrites the diffs of x, x_static
 * and the first states, adds to those of the weights; each may be null.
 */
C4J_API void lstm_backward(Lstm* lstm, Tensor* x, Tensor* cont, Tensor* x_static, Tensor* w_x, Tensor* w_static, Tensor* w_h, Tensor* top_diff,
                           Tensor* h_last_diff, Tensor* c_last_diff, Tensor* x_diff, Tensor* x_static_diff, Tensor* w_x_diff,
                           Tensor* bias_diff, Tensor* w_static_diff, Tensor* w_h_diff, Tensor* h_0_diff, Tensor* c_0_diff);

/** As lstm_create. */
C4J_API Rnn* rnn_create(Context* context, int64_t steps, int64_t inputs, int64_t static_inputs, int64_t outputs);
C4J_API void rnn_destroy(Rnn* rnn);

/**
 * h = tanh(w_h (cont h_prev) + w_x x + bias + w_static x_static); top = tanh(w_o h + bias_o). Weights w_x [D, K], bias [D], w_static
 * [D, Ks], w_h [D, D], w_o [D, D], bias_o [D]; the rest as in lstm_forward.
 */
C4J_API void rnn_forward(Rnn* rnn, Tensor* x, Tensor* cont, Tensor* x_static, Tensor* w_x, Tensor* bias, Tensor* w_static, Tensor* w_h,
                         Tensor* w_o, Tensor* bias_o, Tensor* h_0, Tensor* top, Tensor* h_last);
/** As lstm_backward. */
C4J_API void rnn_backward(Rnn* rnn, Tensor* x, Tensor* cont, Tensor* x_static, Tensor* w_x, Tensor* w_static, Tensor* w_h, Tensor* w_o,
                          Tensor* top, Tensor* top_diff, Tensor* h_last_diff, Tensor* x_diff, Tensor* x_static_diff, Tensor* w_x_diff,
                          Tensor* bias_diff, Tensor* w_static_diff, Tensor* w_h_diff, Tensor* w_o_diff, Tensor* bias_o_diff,
                          Tensor* h_0_diff);

}  // namespace caffe4j
