#include "caffe4j/argmax.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "argmax.h"
#include "kernels/argmax.h"

namespace caffe4j {

namespace {
constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
constexpr float kLowest = -std::numeric_limits<float>::infinity();

/** The numbers of the largest channels of `width` items that are neighbours, `inner` apart from channel to channel. */
void largest(const float* x, int64_t channels, int64_t inner, int64_t width, int32_t* index) {
  float value[kTile];
  std::fill_n(value, width, kLowest);
  std::fill_n(index, width, 0);
  for (int64_t c = 0; c < channels; ++c) {
    const float* row = x + c * inner;
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) {
      const float v = row[i] == row[i] ? row[i] : kLowest;
      const bool wins = v >= value[i];
      value[i] = wins ? v : value[i];
      index[i] = wins ? int32_t(c) : index[i];
    }
  }
}

/** The numbers of the top_k largest channels of one item, at the front of `order`. */
void sort_largest(const float* x, int64_t channels, int64_t inner, int64_t top_k, std::vector<int64_t>& order) {
  order.resize(size_t(channels));
  std::iota(order.begin(), order.end(), 0);
  std::partial_sort(order.begin(), order.begin() + top_k, order.end(), [&](int64_t a, int64_t b) {
    return RankedChannel(x[a * inner], int32_t(a)).before(RankedChannel(x[b * inner], int32_t(b)));
  });
}
}  // namespace

void find_largest(const Context& context, const Split3& s, const float* x, float* y, int64_t top_k, bool indices, bool values) {
  const int64_t channels = s.channels, inner = s.inner, rows = (indices ? top_k : 0) + (values ? top_k : 0);
  for_tiles(context, s, [=](int64_t first, int64_t width) {
    const int64_t outer = first / (channels * inner), start = first % inner;
    float* out = y + outer * rows * inner + start;
    if (top_k == 1) {
      int32_t index[kTile];
      largest(x + first, channels, inner, width, index);
      for (int64_t i = 0; i < width; ++i) {
        if (indices) out[i] = float(index[i]);
        if (values) out[(indices ? inner : 0) + i] = x[first + i + index[i] * inner];
      }
      return;
    }
    std::vector<int64_t> order;
    for (int64_t i = 0; i < width; ++i) {
      sort_largest(x + first + i, channels, inner, top_k, order);
      for (int64_t k = 0; k < top_k; ++k) {
        if (indices) out[k * inner + i] = float(order[size_t(k)]);
        if (values) out[(k + (indices ? top_k : 0)) * inner + i] = x[first + i + order[size_t(k)] * inner];
      }
    }
  });
}

void argmax_forward(Tensor* bottom, Tensor* top, int64_t channels, int64_t inner, int64_t top_k, bool indices, bool values) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& y = deref(top, "top");
  require(channels > 0 && channels <= kMost && inner >= 0 && top_k > 0 && top_k <= channels, ErrorKind::INVALID, "cannot take the ", top_k,
          " largest of ", channels, " channels");
  const Split3 s{inner == 0 ? 0 : x.count() / (channels * inner), channels, inner};
  s.require_count(x, "the bottom of an ArgMax layer");
  const int64_t rows = (indices ? top_k : 0) + (values ? top_k : 0);
  require(y.count() == s.items() * rows, ErrorKind::SHAPE, "the top of an ArgMax layer has shape ", shape_string(y.dims()), ", expected ",
          s.outer, " x ", rows, " x ", inner, " elements");
  if (x.context().gpu() != nullptr) {
    const float* scores = x.device_read();
    return launch(x.context(), s.items(), ArgMax{scores, y.device_overwrite(), inner, channels, top_k, indices, values});
  }
  const float* from = x.read();
  find_largest(x.context(), s, from, y.overwrite(), top_k, indices, values);
}

}  // namespace caffe4j
