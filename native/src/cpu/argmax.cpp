#include "caffe4j/argmax.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "rows.h"

namespace caffe4j {

namespace {
constexpr float kLowest = -std::numeric_limits<float>::infinity();

/** The largest channel of `width` items that are neighbours, `inner` apart from channel to channel. */
void largest(const float* x, int64_t channels, int64_t inner, int64_t width, float* value, float* index) {
  std::fill_n(value, width, kLowest);
  std::fill_n(index, width, 0.f);
  for (int64_t c = 0; c < channels; ++c) {
    const float* row = x + c * inner;
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) {
      const bool wins = row[i] >= value[i];
      value[i] = wins ? row[i] : value[i];
      index[i] = wins ? float(c) : index[i];
    }
  }
}

/** The numbers of the top_k largest channels of one item, at the front of `order`. */
void sort_largest(const float* x, int64_t channels, int64_t inner, int64_t top_k, std::vector<int64_t>& order) {
  order.resize(size_t(channels));
  std::iota(order.begin(), order.end(), 0);
  const auto value = [&](int64_t c) { return std::isnan(x[c * inner]) ? kLowest : x[c * inner]; };
  std::partial_sort(order.begin(), order.begin() + top_k, order.end(), [&](int64_t a, int64_t b) {
    return value(a) > value(b) || (value(a) == value(b) && a > b);
  });
}
}  // namespace

void argmax_forward(Tensor* bottom, Tensor* top, int64_t channels, int64_t inner, int64_t top_k, bool indices, bool values) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& y = deref(top, "top");
  require(channels > 0 && inner >= 0 && top_k > 0 && top_k <= channels, ErrorKind::INVALID, "cannot take the ", top_k, " largest of ",
          channels, " channels");
  const Split3 s{inner == 0 ? 0 : x.count() / (channels * inner), channels, inner};
  s.require_count(x, "the bottom of an ArgMax layer");
  const int64_t rows = (indices ? top_k : 0) + (values ? top_k : 0);
  require(y.count() == s.items() * rows, ErrorKind::SHAPE, "the top of an ArgMax layer has shape ", shape_string(y.dims()), ", expected ",
          s.outer, " x ", rows, " x ", inner, " elements");
  const float* from = x.read();
  float* to = y.overwrite();
  for_tiles(x.context(), s, [=](int64_t first, int64_t width) {
    const int64_t outer = first / (channels * inner), start = first % inner;
    float* out = to + outer * rows * inner + start;
    if (top_k == 1) {
      float value[kTile], index[kTile];
      largest(from + first, channels, inner, width, value, index);
      if (indices) std::copy_n(index, width, out);
      if (values) std::copy_n(value, width, out + (indices ? inner : 0));
      return;
    }
    std::vector<int64_t> order;
    for (int64_t i = 0; i < width; ++i) {
      sort_largest(from + first + i, channels, inner, top_k, order);
      for (int64_t k = 0; k < top_k; ++k) {
        if (indices) out[k * inner + i] = float(order[size_t(k)]);
        if (values) out[(k + (indices ? top_k : 0)) * inner + i] = from[first + i + order[size_t(k)] * inner];
      }
    }
  });
}

}  // namespace caffe4j
