#include "cpu/pooled_convolution.h"

#include <algorithm>
#include <cfloat>
#include <utility>

#include "round.h"

namespace caffe4j {

namespace {

constexpr int64_t kWorkOfAWorker = 1 << 17;  // multiply-adds that take longer than the start of a thread

/** True where padding takes a column from as few pixels as there are kernels for, and never at both ends of a block. */
bool covers_padding(int64_t kernel, int64_t stride, int64_t pad, int64_t out) {
  using Row = PooledConvolutionRow;
  return pad == 0 || (2 * pad < kernel && ceil_div(pad, stride) <= Row::kMostPadded && out >= Row::kShortestPadded);
}

/** Rows of windows that hold a row of the convolution, at most. */
int64_t windows_of_row(const PoolingWindow& window, const PoolingShape& pooled) {
  return std::min(ceil_div(window.h.kernel, window.h.stride), pooled.out_h);
}

}  // namespace

bool PooledConvolution::covers(const ConvolutionSizes& c, const PoolingWindow& window, const PoolingShape& pooled) {
  return covers_padding(c.kernel_w, c.stride_w, c.pad_w, c.out_w) && window.h.start(pooled.out_h - 1) < c.out_h &&
         windows_of_row(window, pooled) <= PooledConvolutionRow::kMostWindows;
}

PooledConvolution::PooledConvolution(const ConvolutionSizes& convolution, std::vector<float> bias, float slope, bool max, float pooled_slope,
                                     const PoolingWindow& window, const PoolingShape& pooled)
    : c_(convolution), bias_(std::move(bias)), slope_(slope), max_(max), pooled_slope_(pooled_slope), window_(window), pooled_(pooled),
      lanes_(PooledConvolutionRow::lanes(c_.outputs)) {
  const int64_t all = ceil_div(c_.outputs, lanes_);
  groups_ = ceil_div(all, PooledConvolutionRow::kMostVectors);
  vectors_ = ceil_div(all, groups_);
  bias_.resize(size_t(groups_ * vectors_ * lanes_));
  slots_ = windows_of_row(window, pooled);
  pixel_ = all * lanes_;
  row_ = pooled.out_w * pixel_;
}

int PooledConvolution::workers(int threads) const {
  // A row that is begun by one worker is completed by the next.
  const int64_t rows = pooled_.batch * pooled_.out_h / std::max<int64_t>(1, slots_ - 1);
  return int(std::clamp<int64_t>(std::min(c_.work() / kWorkOfAWorker, rows), 1, threads));
}

void PooledConvolution::run(const float* x, const float* weights, float* y, float* scratch, int workers) const {
  const Range rows{0, pooled_.batch * pooled_.out_h}, groups{0, groups_};
  const bool by_outputs = groups_ % workers == 0;
#pragma omp parallel for schedule(static, 1) if (workers > 1)
  for (int i = 0; i < workers; ++i) {
    run_part(x, weights, y, scratch + i * this->scratch(), by_outputs ? rows : rows.part(i, workers), by_outputs ? groups.part(i, workers) : groups);
  }
  for (int i = 1; i < workers && !by_outputs; ++i) {
    join(y, scratch + (i - 1) * this->scratch(), scratch + i * this->scratch(), rows.part(i, workers).begin);
  }
}

void PooledConvolution::run_part(const float* x, const float* weights, float* y, float* scratch, Range rows, Range groups) const {
  const int64_t vector = c_.kernel_h * c_.kernel_w * c_.channels * lanes_, out_h = pooled_.out_h;
  PooledConvolutionRow row{c_, window_, max_, slope_, pooled_.out_w, pixel_};
  for (int64_t group = groups.begin; group < groups.end; ++group) {
    row.weights = weights + group * vectors_ * vector;
    row.bias = bias_.data() + group * vectors_ * lanes_;
    for (int64_t begin = rows.begin; begin < rows.end;) {
      const int64_t image = begin / out_h, end = std::min(rows.end, (image + 1) * out_h);
      row.image = x + image * c_.channels * c_.height * c_.width;
      run_image(row, group, y + image * out_h * pooled_.out_w * c_.outputs, scratch, {begin - image * out_h, end - image * out_h});
      begin = end;
    }
  }
}

void PooledConvolution::run_image(PooledConvolutionRow& row, int64_t group, float* y, float* scratch, Range rows) const {
  const int64_t begin = first_row(rows.begin), end = rows.end == pooled_.out_h ? c_.out_h : first_row(rows.end);
  const int64_t early = window_.h.first_output(begin);
  const int64_t first_output = group * vectors_ * lanes_, vectors = vectors_of(group), floats = vectors * lanes_;
  for (row.row = begin; row.row < end; ++row.row) {
    const int64_t first = window_.h.first_output(row.row), last = window_.h.last_output(row.row, pooled_.out_h);
    if (first > last) continue;
    row.windows = last - first + 1;
    for (int64_t oh = first; oh <= last; ++oh) {
      float* to = row.to[oh - first] = growing_row(y, scratch, oh, early, rows.begin) + first_output;
      if (std::max(window_.h.start(oh), begin) != row.row) continue;
      for (int64_t ow = 0; ow < pooled_.out_w; ++ow, to += pixel_) std::fill_n(to, floats, max_ ? -FLT_MAX : 0.f);
    }
    row.compute(lanes_, vectors);
    for (int64_t oh = std::max(first, rows.begin); oh <= last; ++oh) {
      if (std::min(window_.h.start(oh) + window_.h.kernel, c_.out_h) != row.row + 1) continue;
      finish(growing_row(y, scratch, oh, early, rows.begin), first_output, std::min(floats, c_.outputs - first_output), oh, y);
    }
  }
}

void PooledConvolution::join(float* y, float* scratch, float* behind, int64_t begin) const {
  const int64_t oh_begin = begin % pooled_.out_h, early = oh_begin == 0 ? 0 : window_.h.first_output(first_row(oh_begin));
  y += begin / pooled_.out_h * pooled_.out_h * pooled_.out_w * c_.outputs;
  for (int64_t oh = early; oh < oh_begin; ++oh) {
    float* const row = growing_row(y, scratch, oh, 0, 0);
    const float* const rest = growing_row(y, behind, oh, early, oh_begin);
    const bool begun = first_row(oh) < first_row(oh_begin);
    for (int64_t i = 0; i < row_; ++i) row[i] = !begun ? rest[i] : max_ ? std::max(row[i], rest[i]) : row[i] + rest[i];
    finish(row, 0, c_.outputs, oh, y);
  }
}

void PooledConvolution::finish(const float* row, int64_t first, int64_t count, int64_t oh, float* y) const {
  row += first;
  y += oh * pooled_.out_w * c_.outputs + first;
  if (max_ && pooled_slope_ == 1 && row == y) return;
  const float slope = pooled_slope_;
  for (int64_t ow = 0; ow < pooled_.out_w; ++ow, row += pixel_, y += c_.outputs) {
    if (max_) {
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) y[i] = row[i] > 0 ? row[i] : row[i] * slope;
    } else {
      const float divisor = PoolingPatch(window_, pooled_, oh, ow).divisor;
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) y[i] = (row[i] > 0 ? row[i] : row[i] * slope) / divisor;
    }
  }
}

}  // namespace caffe4j
