#include "cpu/winograd/winograd.h"

#include <omp.h>

#include <algorithm>

namespace caffe4j::winograd {

namespace {

constexpr int64_t kLine = 16;  // floats of a cache line
/** Weights of at most so many floats, transformed, stay in the caches while all tiles pass. */
constexpr int64_t kSharedWeights = 36 * 128 * 128;
/** Floats of transformed inputs that a strip may have: where every thread has its own, and where all share one. */
constexpr int64_t kOwnInputs = 120 << 10, kSharedInputs = 1 << 20;
/** Channels whose weights for a block of outputs are transformed together, so that they stay in a core's second cache. */
constexpr int64_t kDepth = 64;
/**
 * What it takes to read a vector of weights (of one input, for `lanes` outputs) from memory and to transform it, in multiply-adds of a
 * vector; measured on a Zen 4, as the other costs below.
 */
constexpr int64_t kWeightCost = 230;

const Kernels& best_kernels() {
#if defined(__x86_64__)
  if ((unsigned(dnnl::get_effective_cpu_isa()) & unsigned(dnnl::cpu_isa::avx512_core)) == unsigned(dnnl::cpu_isa::avx512_core)) return kAvx512;
#endif
  return kBaseline;
}

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/** Odd numbers of cache lines. */
int64_t padded(int64_t floats) { return (ceil_div(floats, kLine) | 1) * kLine; }

Image image_of(const ChannelLayout& l, int64_t height, int64_t width) {
  return {l.channels, height, width, l.block, l.batch_stride, l.block_stride, l.pixel_stride};
}

int64_t tiles_of(const Shape& s) { return s.batch * ceil_div(s.out_h, kOut) * ceil_div(s.out_w, kOut); }

/** How a convolution is divided. */
struct Division {
  bool by_tiles;
  int64_t strip, parts;

  Division(const Shape& s, const Kernels& k, int threads) {
    const int64_t tiles = tiles_of(s), row = kProducts * ceil_div(s.channels, k.lanes) * k.lanes;
    by_tiles = kProducts * s.channels * s.outputs <= kSharedWeights && tiles >= 2 * int64_t(threads) * k.rows;
    const int64_t most = std::max<int64_t>((by_tiles ? kOwnInputs : kSharedInputs) / row, k.rows);
    // Strips of equal size, as many for each thread.
    strip = ceil_div(tiles, by_tiles ? ceil_div(tiles, threads * most) * threads : ceil_div(tiles, most));
    parts = 1;
    const int64_t blocks = ceil_div(s.outputs, k.block), limit = by_tiles ? 1 : std::min<int64_t>(4 * int64_t(threads), ceil_div(strip, 4));
    const auto time = [&](int64_t n) { return ceil_div(blocks * n, threads) * (kProducts * ceil_div(strip, n) + kWeightCost); };
    for (int64_t n = 2; n <= limit; ++n) {
      if (time(n) < time(parts)) parts = n;
    }
  }
};

}  // namespace

bool pays(const Shape& s, int threads) {
  const Kernels& k = best_kernels();
  const Division d(s, k, threads);
  const int64_t tiles = tiles_of(s), groups = ceil_div(s.channels, k.lanes), vectors = ceil_div(s.outputs, k.lanes);
  const int64_t tasks = d.by_tiles ? threads : ceil_div(s.outputs, k.block) * d.parts;
  const double idle = double(ceil_div(tasks, threads) * threads) / double(tasks);
  const double direct = 9.0 * double(s.batch * s.out_h * s.out_w * s.channels * vectors);
  // The cost model: products at 0.85 of the peak, weights once a part of a strip, 300 for the 36 inputs of a tile, 250 for its 16 outputs.
  const int64_t passes = d.parts * ceil_div(tiles, d.strip);
  const double by_weights = double(s.channels * vectors) * (kProducts * double(tiles) / 0.85 + double(kWeightCost * passes));
  return s.channels >= 16 && idle * (by_weights + 250.0 * double(tiles * vectors)) + 300.0 * double(tiles * groups) < 0.9 * direct;
}

bool filters_of(const dnnl::memory::desc& layout, bool backward, Filters& result) {
  const int outputs = backward ? 1 : 0, channels = 1 - outputs, blocks = layout.get_inner_nblks();
  const Dims dims = layout.get_dims(), strides = layout.get_strides(), sizes = layout.get_inner_blks(), axes = layout.get_inner_idxs();
  if (dims.size() != 4 || blocks < 1 || blocks > 2 || axes.back() != outputs || sizes.back() != kPacked || strides[2] != 3 * strides[3]) return false;
  if (blocks == 2 && (axes[0] != channels || sizes[0] != kPacked)) return false;
  const int64_t channel = strides[size_t(channels)];
  result.block = strides[size_t(outputs)];
  result.channel_block = blocks == 2 ? channel : kPacked * channel;
  result.channel_stride = blocks == 2 ? kPacked : channel;
  result.tap_stride = backward ? -strides[3] : strides[3];
  return true;
}

Convolution::Convolution(const Shape& shape, const ChannelLayout& in, const Filters& filters, const ChannelLayout& out, int threads)
    : shape_(shape), kernels_(best_kernels()), filters_(filters), threads_(threads), tiles_(tiles_of(shape)) {
  problem_ = {image_of(in, shape.height, shape.width), image_of(out, shape.out_h, shape.out_w), shape.pad_h, shape.pad_w,
              ceil_div(shape.out_h, kOut), ceil_div(shape.out_w, kOut)};
  const Division division(shape, kernels_, threads);
  by_tiles_ = division.by_tiles;
  strip_ = division.strip;
  parts_ = division.parts;
  depth_ = by_tiles_ ? shape.channels : std::min(shape.channels, kDepth);
  if (by_tiles_) {
    shared_floats_ = blocks() * kProducts * u_plane();
    private_floats_ = v_floats() + kProducts * m_plane();
  } else {
    shared_floats_ = v_floats();
    private_floats_ = kProducts * (u_plane() + m_plane());
  }
}

int64_t Convolution::outputs_in(int64_t block) const {
  const int64_t packed = ceil_div(shape_.outputs, kPacked) * kPacked;  // the weights behind the last output are zeros, which its layout may want
  return std::min<int64_t>(kernels_.block, packed - block * kernels_.block);
}

int64_t Convolution::v_floats() const { return padded(groups() * v_group()); }
int64_t Convolution::u_plane() const { return padded(depth_ * kernels_.block); }
int64_t Convolution::m_plane() const { return padded(ceil_div(strip_, parts_) * kernels_.block); }

void Convolution::transform_weights(const float* weights, int64_t block, int64_t first, int64_t channels, float* u) const {
  kernels_.transform_weights(filters_, weights + block * kernels_.block / kPacked * filters_.block, first, channels, outputs_in(block), u, u_plane());
}

void Convolution::run(const float* x, const float* weights, const float* bias, const std::vector<Post>& posts, float* y, float* scratch) const {
  if (by_tiles_) {
    run_by_tiles(x, weights, bias, posts, y, scratch);
  } else {
    run_by_outputs(x, weights, bias, posts, y, scratch);
  }
}

void Convolution::run_by_tiles(const float* x, const float* weights, const float* bias, const std::vector<Post>& posts, float* y,
                               float* scratch) const {
  const int64_t channels = shape_.channels, u_block = kProducts * u_plane(), strips = ceil_div(tiles_, strip_);
#pragma omp parallel num_threads(threads_)
  {
#pragma omp for schedule(static)
    for (int64_t block = 0; block < blocks(); ++block) {
      transform_weights(weights, block, 0, channels, scratch + block * u_block);
    }
    float *v = scratch + shared_floats_ + omp_get_thread_num() * private_floats_, *m = v + v_floats();
#pragma omp for schedule(static) nowait
    for (int64_t strip = 0; strip < strips; ++strip) {
      const int64_t first = strip * strip_, tiles = std::min(strip_, tiles_ - first);
      kernels_.transform_input(problem_, x, first, tiles, 0, groups(), v, v_plane(), v_group());
      for (int64_t block = 0; block < blocks(); ++block) {
        kernels_.multiply(v, v_plane(), v_group(), scratch + block * u_block, u_plane(), channels, tiles, outputs_in(block), m, m_plane(),
                          false);
        kernels_.transform_output(problem_, m, m_plane(), first, tiles, block * kernels_.block, bias, posts.data(), int64_t(posts.size()), y);
      }
    }
  }
}

void Convolution::run_by_outputs(const float* x, const float* weights, const float* bias, const std::vector<Post>& posts, float* y,
                                 float* scratch) const {
  const int64_t channels = shape_.channels, pieces = ceil_div(4 * threads_, strip_);  // so that few tiles are enough for all threads
#pragma omp parallel num_threads(threads_)
  {
    float *v = scratch, *u = scratch + shared_floats_ + omp_get_thread_num() * private_floats_, *m = u + kProducts * u_plane();
    for (int64_t first = 0; first < tiles_; first += strip_) {
      const int64_t tiles = std::min(strip_, tiles_ - first);
      if (first > 0) {
#pragma omp barrier
      }
#pragma omp for schedule(static)
      for (int64_t task = 0; task < tiles * pieces; ++task) {
        const int64_t tile = task / pieces, piece = task % pieces;
        kernels_.transform_input(problem_, x, first + tile, 1, piece * groups() / pieces, (piece + 1) * groups() / pieces,
                                 v + tile * kernels_.lanes, v_plane(), v_group());
      }
#pragma omp for schedule(static) nowait
      for (int64_t task = 0; task < blocks() * parts_; ++task) {
        const int64_t block = task / parts_, part = task % parts_;
        const int64_t begin = part * tiles / parts_, count = (part + 1) * tiles / parts_ - begin;
        if (count == 0) continue;
        for (int64_t c = 0; c < channels; c += depth_) {
          const int64_t depth = std::min(depth_, channels - c);
          transform_weights(weights, block, c, depth, u);
          kernels_.multiply(v + c / kernels_.lanes * v_group() + begin * kernels_.lanes, v_plane(), v_group(), u, u_plane(), depth, count,
                            outputs_in(block), m, m_plane(), c > 0);
        }
        kernels_.transform_output(problem_, m, m_plane(), first + begin, count, block * kernels_.block, bias, posts.data(),
                                  int64_t(posts.size()), y);
      }
    }
  }
}

}  // namespace caffe4j::winograd
