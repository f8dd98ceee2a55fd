#pragma once
// What the recurrent operations share: shapes, the projection of the inputs, the masked state of the step before.
#include "caffe4j/recurrent.h"
#include "tensor.h"

namespace caffe4j {

/** T steps, K inputs and Ks static inputs an item, D outputs; N items comes with the tensors. */
struct RecurrentShape {
  int64_t steps, inputs, static_inputs, outputs;

  static RecurrentShape of(int64_t steps, int64_t inputs, int64_t static_inputs, int64_t outputs);
  /** N, after the counts of x, cont, static input and top were checked against each other. */
  int64_t batch_of(const Tensor& x, const Tensor& cont, const Tensor* x_static, const Tensor& top) const;
};

/** Throws SHAPE unless the tensor has that many elements; null passes. */
void require_count(const Tensor* tensor, int64_t count, const char* what);

/** What enters every step: pre [T*N, width] = x w_x' + bias + (x_static w_static' for each step). */
struct InputProjection {
  Context& context;
  RecurrentShape shape;
  int64_t batch, width;

  void check(const Tensor* w_x, const Tensor* bias, const Tensor* w_static, const char* what) const;
  void forward(Tensor& x, Tensor* x_static, Tensor& w_x, Tensor& bias, Tensor* w_static, float* pre) const;
  /** From the gradient of pre: overwrites the inputs' diffs, adds to the weights'; each may be null. */
  void backward(const float* pre_diff, Tensor& x, Tensor* x_static, Tensor& w_x, Tensor* w_static, Tensor* x_diff, Tensor* x_static_diff,
                Tensor* w_x_diff, Tensor* bias_diff, Tensor* w_static_diff) const;
};

/** masked[n, :] = cont[n] * state[n, :]. `masked` may be `state`. */
void mask_state(const Context& context, int64_t batch, int64_t width, const float* cont, const float* state, float* masked);

/** sums[c] += sum of rows[r, c]. */
void add_rows(const Context& context, int64_t rows, int64_t columns, const float* values, float* sums);

/** to = the state's values, or zeros for null. */
void fill_state(const Context& context, Tensor* state, int64_t count, float* to);

}  // namespace caffe4j
