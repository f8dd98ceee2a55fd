#include "caffe4j/embed.h"

#include <algorithm>

#include "convolution.h"
#include "error.h"
#include "indices.h"
#include "kernels/indexed_rows.h"
#include "launch.h"

namespace caffe4j {

namespace {

void require_rows(Tensor& indices, int64_t rows) {
  const int64_t wrong = first_outside(indices, rows);
  if (wrong < 0) return;
  fail(ErrorKind::DATA, "index ", indices.read()[wrong], " at position ", wrong, " is not in [0, ", rows, "), the rows of the table (input_dim)");
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
  require_rows(x, rows);
  if (x.context().gpu() != nullptr) {
    const float *table = w.device_read(), *numbers = x.device_read();
    float* out = y.device_overwrite();
    launch(x.context(), y.count(), GatherRows{table, numbers, out, num_output});
    if (bias != nullptr) add_bias(x.context(), x.count(), num_output, 1, bias->device_read(), out);
    return;
  }
  const float *table = w.read(), *indices = x.read();
  float* out = y.overwrite();
  for (int64_t i = 0; i < x.count(); ++i) std::copy_n(table + int64_t(indices[i]) * num_output, num_output, out + i * num_output);
  if (bias != nullptr) add_bias(x.context(), x.count(), num_output, 1, bias->read(), out);
}

void embed_backward(Tensor* bottom, Tensor* top_diff, int64_t num_output, Tensor* weight_diff) {
  Tensor &x = deref(bottom, "bottom"), &dy = deref(top_diff, "top diff"), &dw = deref(weight_diff, "weight diff");
  const int64_t rows = table_rows(x, dw, num_output, dy);
  if (x.context().gpu() != nullptr) {  // forward has seen the indices
    const float *gradients = dy.device_read(), *numbers = x.device_read();
    return launch(x.context(), num_output, ScatterRows{gradients, {numbers, rows}, dw.device_update(), x.count(), num_output});
  }
  require_rows(x, rows);
  const float *indices = x.read(), *from = dy.read();
  float* table = dw.update();
  for (int64_t i = 0; i < x.count(); ++i) {
    float* row = table + int64_t(indices[i]) * num_output;
    for (int64_t o = 0; o < num_output; ++o) row[o] += from[i * num_output + o];
  }
}

}  // namespace caffe4j
