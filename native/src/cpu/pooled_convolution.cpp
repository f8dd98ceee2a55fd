#include "cpu/pooled_convolution.h"

#include <algorithm>
#include <cfloat>
#include <utility>

#include "cpu/direct_blocks.h"

namespace caffe4j {

using direct::Lanes;
using direct::load;
using direct::store;

namespace {

constexpr int64_t kMostVectors = 3;
constexpr int kPixels = 4, kMostPixels = 8;  // of a block that 16 registers hold, and of one that takes 32
constexpr int64_t kWorkOfAWorker = 1 << 17;  // multiply-adds that take longer than the start of a thread
static_assert(direct::kLanes == PooledConvolution::kBlock);

/** What computes one row of results of some outputs. */
struct Row {
  const PooledConvolution::Convolution& c;
  const float* image;
  const float* weights;  // of the first output
  const float* bias;
  float slope;
  int64_t row;
  int64_t channels;  // of a pixel in `to`; the end of its last vector, if it goes beyond, is written over by the next pixel
  float* to;
};

/** kCount neighbouring pixels of kVectors vectors of outputs stay in registers while all products for them are added up. */
template <int kCount, int kVectors>
[[gnu::always_inline]] inline void convolve_row_of(const Row& r) {
  const PooledConvolution::Convolution c = r.c;  // a copy, which no store can change
  const int64_t length = c.kernel_w * c.channels;  // of the taps of a row, which lie one behind the other
  const int64_t vector = c.kernel_h * length * direct::kLanes, pixel = c.stride_w * c.channels, pitch = c.width * c.channels;
  for (int64_t ow = 0; ow < c.out_w; ow += kCount) {
    const int64_t count = std::min<int64_t>(kCount, c.out_w - ow);
    int64_t offsets[kCount];
#pragma GCC unroll 8
    for (int p = 0; p < kCount; ++p) offsets[p] = std::min<int64_t>(p, count - 1) * pixel;
    Lanes acc[kCount][kVectors];
#pragma GCC unroll 8
    for (int p = 0; p < kCount; ++p) {
#pragma GCC unroll 3
      for (int i = 0; i < kVectors; ++i) acc[p][i] = load(r.bias + i * direct::kLanes);
    }
    const float* weights = r.weights;
    for (int64_t kh = 0; kh < c.kernel_h; ++kh, weights += length * direct::kLanes) {
      const float* from = r.image + (r.row * c.stride_h + kh) * pitch + ow * pixel;
      for (int64_t k = 0; k < length; ++k) {
        Lanes w[kVectors];
#pragma GCC unroll 3
        for (int i = 0; i < kVectors; ++i) w[i] = load(weights + i * vector + k * direct::kLanes);
#pragma GCC unroll 8
        for (int p = 0; p < kCount; ++p) {
          const float value = from[offsets[p] + k];
#pragma GCC unroll 3
          for (int i = 0; i < kVectors; ++i) acc[p][i] += value * w[i];
        }
      }
    }
    float* to = r.to + ow * r.channels;
#pragma GCC unroll 8
    for (int p = 0; p < kCount; ++p) {
      if (p >= count) break;
#pragma GCC unroll 3
      for (int i = 0; i < kVectors; ++i) {
        const Lanes value = acc[p][i];
        store(to + p * r.channels + i * direct::kLanes, r.slope == 1 ? value : value > 0 ? value : value * r.slope);
      }
    }
  }
}

template <int kVectors>
void convolve_row(const Row& row) {
  convolve_row_of<kPixels, kVectors>(row);
}
template <int kVectors>
C4J_32_REGISTERS void convolve_row_wide(const Row& row) {
  convolve_row_of<kMostPixels, kVectors>(row);
}

void convolve(int64_t vectors, const Row& row) {
  using Function = void (*)(const Row&);
  static constexpr Function kNarrow[] = {convolve_row<1>, convolve_row<2>, convolve_row<3>};
  static constexpr Function kWide[] = {convolve_row_wide<1>, convolve_row_wide<2>, convolve_row_wide<3>};
  (direct::has_32_registers() ? kWide : kNarrow)[vectors - 1](row);
}

int64_t vectors_of(int64_t channels) { return (channels + direct::kLanes - 1) / direct::kLanes; }

}  // namespace

PooledConvolution::PooledConvolution(const Convolution& convolution, std::vector<float> bias, float slope, bool max, const PoolingWindow& window,
                                     const PoolingShape& pooled)
    : c_(convolution), bias_(std::move(bias)), slope_(slope), max_(max), window_(window), pooled_(pooled) {
  const int64_t all = vectors_of(c_.outputs);
  groups_ = (all + kMostVectors - 1) / kMostVectors;
  vectors_ = (all + groups_ - 1) / groups_;
  bias_.resize(size_t(groups_ * vectors_ * kBlock));
  ring_rows_ = std::min(window.h.kernel, c_.out_h);
  ring_pitch_ = c_.out_w * std::min(c_.outputs, vectors_ * kBlock) + kBlock;
}

int PooledConvolution::workers(int threads) const {
  const int64_t most = std::min(c_.work() / kWorkOfAWorker, pooled_.batch * pooled_.out_h);
  return int(std::clamp<int64_t>(most, 1, threads));
}

void PooledConvolution::run(const float* x, const float* weights, float* y, float* scratch, int workers) const {
  const Range rows{0, pooled_.batch * pooled_.out_h}, groups{0, groups_};
  const bool by_outputs = groups_ % workers == 0;  // else some rows are computed by two
#pragma omp parallel for schedule(static, 1) if (workers > 1)
  for (int i = 0; i < workers; ++i) {
    run_part(x, weights, y, scratch + i * this->scratch(), by_outputs ? rows : rows.part(i, workers), by_outputs ? groups.part(i, workers) : groups);
  }
}

void PooledConvolution::run_part(const float* x, const float* weights, float* y, float* ring, Range rows, Range groups) const {
  const int64_t block = c_.kernel_h * c_.kernel_w * c_.channels * kBlock;
  for (int64_t group = groups.begin; group < groups.end; ++group) {
    const int64_t first = group * vectors_ * kBlock;
    if (first >= c_.outputs) break;
    const int64_t channels = std::min(vectors_ * kBlock, c_.outputs - first);
    Row row{c_, nullptr, weights + first / kBlock * block, bias_.data() + first, slope_, 0, channels, nullptr};
    int64_t computed = 0;  // rows of the image
    for (int64_t r = rows.begin; r < rows.end; ++r) {
      const int64_t oh = r % pooled_.out_h;
      if (oh == 0) computed = 0;
      row.image = x + r / pooled_.out_h * c_.height * c_.width * c_.channels;
      const PoolingPatch edge(window_, pooled_, oh, 0);
      for (row.row = std::max(computed, edge.h0); row.row < edge.h1; ++row.row) {
        row.to = ring + row.row % ring_rows_ * ring_pitch_;
        convolve(vectors_of(channels), row);
      }
      computed = edge.h1;
      pool_row(oh, ring, channels, y + r * pooled_.out_w * c_.outputs + first);
    }
  }
}

void PooledConvolution::pool_row(int64_t oh, const float* ring, int64_t channels, float* y) const {
  const float* const end = ring + ring_rows_ * ring_pitch_;
  const float* const first = ring + PoolingPatch(window_, pooled_, oh, 0).h0 % ring_rows_ * ring_pitch_;
  for (int64_t ow = 0; ow < pooled_.out_w; ++ow, y += c_.outputs) {
    const PoolingPatch patch(window_, pooled_, oh, ow);
    for (int64_t i = 0; i < channels; i += kBlock) {
      Lanes result = Lanes{} + (max_ ? -FLT_MAX : 0.f);
      const float* row = first;
      for (int64_t h = patch.h0; h < patch.h1; ++h, row = row + ring_pitch_ == end ? ring : row + ring_pitch_) {
        for (int64_t w = patch.w0; w < patch.w1; ++w) {
          const Lanes value = load(row + w * channels + i);
          result = !max_ ? result + value : value > result ? value : result;
        }
      }
      if (!max_) result /= patch.divisor;
      if (i + kBlock <= channels) {
        store(y + i, result);
      } else {
        for (int64_t k = i; k < channels; ++k) y[k] = result[k - i];
      }
    }
  }
}

}  // namespace caffe4j
