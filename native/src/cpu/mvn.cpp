#include "caffe4j/mvn.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "error.h"
#include "kernels/math.h"
#include "kernels/normalize.h"
#include "launch.h"
#include "mvn.h"
#include "normalize.h"
#include "round.h"

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

/** Channels whose values lie side by side, as many as are computed at a time: blocks of 16 channels are whole numbers of them. */
constexpr int64_t kLanes = 16;

/** `lanes` channels side by side, of `pixels` places `stride` apart. */
template <class Lanes>
void normalize_lanes(const float* x, float* y, int64_t pixels, int64_t stride, Lanes lanes, bool normalize_variance, float eps) {
  double mean[kLanes] = {}, scale[kLanes];
  for (int64_t p = 0; p < pixels; ++p) {
#pragma omp simd
    for (int64_t c = 0; c < lanes; ++c) mean[c] += double(x[p * stride + c]);
  }
  for (int64_t c = 0; c < lanes; ++c) mean[c] /= double(pixels);
  std::fill_n(scale, kLanes, 1.0);
  if (normalize_variance) {
    double squares[kLanes] = {};
    for (int64_t p = 0; p < pixels; ++p) {
#pragma omp simd
      for (int64_t c = 0; c < lanes; ++c) squares[c] += (x[p * stride + c] - mean[c]) * (x[p * stride + c] - mean[c]);
    }
    for (int64_t c = 0; c < lanes; ++c) scale[c] = 1 / (std::sqrt(squares[c] / double(pixels)) + eps);
  }
  for (int64_t p = 0; p < pixels; ++p) {
#pragma omp simd
    for (int64_t c = 0; c < lanes; ++c) y[p * stride + c] = float((x[p * stride + c] - mean[c]) * scale[c]);
  }
}

}  // namespace

void normalize_rows(const Context& context, const float* x, float* y, int64_t rows, int64_t length, bool normalize_variance, float eps,
                    float* deviations) {
  context.enter();
#pragma omp parallel for schedule(static) if (rows * length >= kSerialBelow)
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = x + r * length;
    const double mean = total(length, [=](int64_t i) { return double(row[i]); }) / double(length);
    double deviation = 1;
    if (normalize_variance) {
      deviation = std::sqrt(total(length, [=](int64_t i) { return (row[i] - mean) * (row[i] - mean); }) / double(length)) + eps;
    }
    if (deviations != nullptr) deviations[r] = float(deviation);
    const double scale = 1 / deviation;
#pragma omp simd
    for (int64_t i = 0; i < length; ++i) y[r * length + i] = float((row[i] - mean) * scale);
  }
}

void normalize_channels(const Context& context, const ChannelLayout& s, const float* x, float* y, bool normalize_variance, float eps) {
  if (s.block == 1) return normalize_rows(context, x, y, s.batch * s.channels, s.pixels, normalize_variance, eps, nullptr);
  const int64_t pieces = ceil_div(s.channels, kLanes);
  context.enter();
#pragma omp parallel for schedule(static) if (s.batch * s.channels * s.pixels >= kSerialBelow)
  for (int64_t p = 0; p < s.batch * pieces; ++p) {
    const int64_t first = p % pieces * kLanes, lanes = std::min(kLanes, s.channels - first);
    const int64_t at = s.at(p / pieces, 0) + first / s.block * s.block_stride + first % s.block;
    if (lanes == kLanes) {
      normalize_lanes(x + at, y + at, s.pixels, s.pixel_stride, std::integral_constant<int64_t, kLanes>(), normalize_variance, eps);
    } else {
      normalize_lanes(x + at, y + at, s.pixels, s.pixel_stride, lanes, normalize_variance, eps);
      const int64_t padding = s.blocks() * s.block - s.channels;
      for (int64_t pixel = 0; pixel < s.pixels; ++pixel) std::fill_n(y + at + pixel * s.pixel_stride + lanes, padding, 0.f);
    }
  }
}

void mvn_forward(Tensor* bottom, Tensor* top, Tensor* deviation, int64_t rows, bool normalize_variance, float eps) {
  Tensor &x = deref(bottom, "bottom"), &y = deref(top, "top"), &d = deref(deviation, "deviation");
  const int64_t n = check(x, y, d, rows);
  if (n == 0) return;
  if (x.context().gpu() != nullptr) return forward_kernels(x, y, d, rows, n, normalize_variance, eps);
  const float* from = x.read();
  float* to = y.overwrite();
  normalize_rows(x.context(), from, to, rows, n, normalize_variance, eps, d.overwrite());
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
