#include "caffe4j/embed.h"

#include <algorithm>

#include "convolution.h"
#include "error.h"
#include "kernels/indexed_rows.h"
#include "launch.h"

namespace caffe4j {

namespace {

/** The table row that a bottom value names. */
int64_t checked_index(float value, int64_t position, int64_t rows) {
  require(value > -1 && value < float(rows), ErrorKind::DATA, "index ", value, " at position ", position, " is not in [0, ", rows,
          "), the rows of the table (input_dim)");
  return int64_t(value);
}

int64_t table_rows(const Tensor& bottom, const Tensor& table, int64_t num_output, const Tensor& top) {
  require(num_output > 0 && table.count() % num_output == 0, ErrorKind::SHAPE, "a table of shape ", shape_string(table.dims()),
          " has no rows of ", num_output);
  require(top.count() == bottom.count() * num_output, ErrorKind::SHAPE, "expected ", bottom.count(), " rows of ", num_output, ", got shape ",
          shape_string(top.dims()));
  return table.count() / num_output;
}

}  // namespace

void embed_forward(Tensor* bottom, Tensor* weight, Tensor* bias, int64_t num_output, Tensor* top) {
  Tensor &x = deref(bottom, "bottom"), &w = deref(weight, "weight"), &y = deref(top, "top");
  const int64_t rows = table_rows(x, w, num_output, y);
  require(bias == nullptr || bias->count() == num_output, ErrorKind::SHAPE, "the bias must have ", num_output, " elements");
  const float* indices = x.read();
  if (x.context().gpu() != nullptr) {
    for (int64_t i = 0; i < x.count(); ++i) checked_index(indices[i], i, rows);
    const float *table = w.device_read(), *numbers = x.device_read();
    float* out = y.device_overwrite();
    launch(x.context(), y.count(), GatherRows{table, numbers, out, num_output});
    if (bias != nullptr) add_bias(x.context(), x.count(), num_output, 1, bias->device_read(), out);
    return;
  }
  const float* table = w.read();
  float* out = y.overwrite();
  for (int64_t i = 0; i < x.count(); ++i) {
    std::copy_n(table + checked_index(indices[i], i, rows) * num_output, num_output, out + i * num_output);
  }
  if (bias != nullptr) add_bias(x.context(), x.count(), num_output, 1, bias->read(), out);
}

void embed_backward(Tensor* bottom, Tensor* top_diff, int64_t num_output, Tensor* weight_diff) {
  Tensor &x = deref(bottom, "bottom"), &dy = deref(top_diff, "top diff"), &dw = deref(weight_diff, "weight diff");
  const int64_t rows = table_rows(x, dw, num_output, dy);
  if (x.context().gpu() != nullptr) {  // forward has seen the indices
    const float *gradients = dy.device_read(), *numbers = x.device_read();
    return launch(x.context(), num_output, ScatterRows{gradients, numbers, dw.device_update(), x.count(), num_output});
  }
  const float *indices = x.read(), *from = dy.read();
  float* table = dw.update();
  for (int64_t i = 0; i < x.count(); ++i) {
    float* row = table + checked_index(indices[i], i, rows) * num_output;
    for (int64_t o = 0; o < num_output; ++o) row[o] += from[i * num_output + o];
  }
}

}  // namespace caffe4j
