#include "caffe4j/mvn.h"

#include <cmath>

#include "error.h"
#include "kernels/math.h"
#include "kernels/normalize.h"
#include "launch.h"
#include "normalize.h"

namespace caffe4j {

namespace {

/** Length of a row, 0 for empty blobs. */
int64_t check(const Tensor& from, const Tensor& to, const Tensor& deviation, int64_t rows) {
  require_same_count(from, to, "the two sides of mean-variance normalization");
  if (from.count() == 0) return 0;
  require(rows > 0 && from.count() % rows == 0, ErrorKind::SHAPE, "a blob of shape ", shape_string(from.dims()), " has no ", rows,
          " equal parts");
  require(deviation.count() == rows, ErrorKind::SHAPE, "there are ", rows, " parts, but ", deviation.count(), " deviations");
  return from.count() / rows;
}

template <class F>
double total(int64_t n, const F& f) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) sum += f(i);
  return sum;
}

/** Row-major values as one channel a row. */
ChannelView rows_view(const Tensor& x, int64_t rows, int64_t n) { return {1, rows, n, rows, 1, x.plain_layout()}; }

void forward_kernels(Tensor& x, Tensor& y, Tensor& deviation, int64_t rows, int64_t n, bool normalize_variance, float eps) {
  Context& context = x.context();
  const ChannelView view = rows_view(x, rows, n);
  const float* from = x.device_read();
  float *mean = context.scratch(rows), *d = deviation.device_overwrite();
  channel_statistics(context, view, from, mean, d);
  if (normalize_variance) {
    launch(context, rows, DeviationOf{d, d, 0, eps});
  } else {
    launch(context, rows, Fill{d, 1});
  }
  launch_channels(context, view, NormalizeForward{from, mean, d, y.device_overwrite()});
}

}  // namespace

void mvn_forward(Tensor* bottom, Tensor* top, Tensor* deviation, int64_t rows, bool normalize_variance, float eps) {
  Tensor &x = deref(bottom, "bottom"), &y = deref(top, "top"), &d = deref(deviation, "deviation");
  const int64_t n = check(x, y, d, rows);
  if (n == 0) return;
  if (x.context().gpu() != nullptr) return forward_kernels(x, y, d, rows, n, normalize_variance, eps);
  const float* from = x.read();
  float *to = y.overwrite(), *deviations = d.overwrite();
  x.context().enter();
#pragma omp parallel for schedule(static) if (x.count() >= kSerialBelow)
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = from + r * n;
    const double mean = total(n, [=](int64_t i) { return double(row[i]); }) / double(n);
    double scale = 1;
    deviations[r] = 1;
    if (normalize_variance) {
      const double variance = total(n, [=](int64_t i) { return (row[i] - mean) * (row[i] - mean); }) / double(n);
      deviations[r] = float(std::sqrt(variance) + eps);
      scale = 1 / (std::sqrt(variance) + eps);
    }
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) to[r * n + i] = float((row[i] - mean) * scale);
  }
}

void mvn_backward(Tensor* top, Tensor* top_diff, Tensor* bottom_diff, Tensor* deviation, int64_t rows, bool normalize_variance) {
  Tensor &y = deref(top, "top"), &dy = deref(top_diff, "top diff"), &dx = deref(bottom_diff, "bottom diff"), &d = deref(deviation, "deviation");
  require_same_count(y, dy, "a top and its diff");
  const int64_t n = check(dy, dx, d, rows);
  if (n == 0) return;
  if (y.context().gpu() != nullptr) {
    const float *values = normalize_variance ? y.device_read() : nullptr, *from = dy.device_read();
    return normalize_backward(y.context(), rows_view(y, rows, n), values, from, d.device_read(), dx);
  }
  const float *values = y.read(), *from = dy.read(), *deviations = d.read();
  float* to = dx.overwrite();
  y.context().enter();
#pragma omp parallel for schedule(static) if (y.count() >= kSerialBelow)
  for (int64_t r = 0; r < rows; ++r) {
    const float *out = values + r * n, *row = from + r * n;
    const double mean = total(n, [=](int64_t i) { return double(row[i]); }) / double(n);
    if (!normalize_variance) {
#pragma omp simd
      for (int64_t i = 0; i < n; ++i) to[r * n + i] = float(row[i] - mean);
      continue;
    }
    const double dot = total(n, [=](int64_t i) { return double(row[i]) * out[i]; }) / double(n), scale = 1.0 / deviations[r];
#pragma omp simd
    for (int64_t i = 0; i < n; ++i) to[r * n + i] = float((row[i] - mean - out[i] * dot) * scale);
  }
}

}  // namespace caffe4j
