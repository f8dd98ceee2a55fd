#include "cpu/winograd/winograd.h"

#include <omp.h>

#include <algorithm>
#include <type_traits>

#include "processor.h"
#include "round.h"

namespace caffe4j::winograd {

namespace {

constexpr int64_t kLine = 64;  // bytes of a cache line
/** Weights of at most so many bytes, transformed, stay in the caches while all tiles pass. */
constexpr int64_t kSharedWeights = 36 * 128 * 128 * sizeof(float);
/** Bytes of transformed inputs that a strip may have: where every thread has its own, and where all share one. */
constexpr int64_t kOwnInputs = 480 << 10, kSharedInputs = 4 << 20;
/** Channels whose weights for a block of outputs are transformed together, so that they stay in a core's second cache. */
constexpr int64_t kDepth = 64;

/** The quickest kernels for values of a type; null where there are none. */
template <class Value>
const KernelsOf<Value>* best_kernels();

template <>
const Kernels* best_kernels<float>() {
#if defined(__x86_64__)
  if (processor_has(dnnl::cpu_isa::avx512_core)) return &kAvx512;
#endif
  return &kBaseline;
}

template <>
const KernelsOf<Bf16>* best_kernels<Bf16>() {
#if defined(__x86_64__)
  if (processor_has(dnnl::cpu_isa::avx512_core_bf16)) return &kAvx512Bf16;
#endif
  return nullptr;
}

/** The number of values of type T that fill an odd number of cache lines. */
template <class T>
int64_t padded(int64_t count) {
  constexpr int64_t line = kLine / int64_t(sizeof(T));
  return (ceil_div(count, line) | 1) * line;
}

Image image_of(const ChannelLayout& l, int64_t height, int64_t width) {
  return {l.channels, height, width, l.block, l.batch_stride, l.block_stride, l.pixel_stride};
}

int64_t tiles_of(const Shape& s) { return s.batch * ceil_div(s.out_h, kOut) * ceil_div(s.out_w, kOut); }

/**
 * What it takes, in multiply-adds of a vector of floats; measured on a Zen 4. Weights: to read a vector of them (of one input, for `lanes`
 * outputs) from memory and to transform it.
 */
template <class Value>
struct Costs;
template <>
struct Costs<float> {
  static constexpr int64_t kWeights = 230, kInputs = 300, kOutputs = 250;  // a vector of a tile's 36 inputs, of its 16 outputs
  static constexpr double kProduct = 1, kDirect = 0.9;                     // a multiply-add at the peak, and one of direct sums
};
template <>
struct Costs<Bf16> {
  static constexpr int64_t kWeights = 210, kInputs = 400, kOutputs = 300;
  static constexpr double kProduct = 0.5, kDirect = 0.45;
};

/** How a convolution is divided. */
struct Division {
  bool by_tiles;
  int64_t strip, parts;

  template <class Value>
  Division(const Shape& s, const KernelsOf<Value>& k, int threads) {
    using Factor = typename KernelsOf<Value>::Factor;
    const int64_t tiles = tiles_of(s), row = kProducts * ceil_div(s.channels, k.group) * k.group * int64_t(sizeof(Factor));
    by_tiles = kProducts * s.channels * s.outputs * int64_t(sizeof(Factor)) <= kSharedWeights && tiles >= 2 * int64_t(threads) * k.rows;
    const int64_t most = std::max<int64_t>((by_tiles ? kOwnInputs : kSharedInputs) / row, k.rows);
    // Strips of equal size, as many for each thread.
    strip = ceil_div(tiles, by_tiles ? ceil_div(tiles, threads * most) * threads : ceil_div(tiles, most));
    parts = 1;
    const int64_t blocks = ceil_div(s.outputs, k.block), limit = by_tiles ? 1 : std::min<int64_t>(4 * int64_t(threads), ceil_div(strip, 4));
    const auto time = [&](int64_t n) {
      return double(ceil_div(blocks * n, threads)) * (kProducts * Costs<Value>::kProduct * double(ceil_div(strip, n)) + Costs<Value>::kWeights);
    };
    for (int64_t n = 2; n <= limit; ++n) {
      if (time(n) < time(parts)) parts = n;
    }
  }
};

}  // namespace

bool suits(int64_t group, const Dims& kernel, const Dims& stride, const Dims& dilation) {
  return group == 1 && kernel == Dims{3, 3} && stride == Dims{1, 1} && dilation == Dims{1, 1};
}

template <class Value>
bool is_supported() {
  return best_kernels<Value>() != nullptr;
}

template <class Value>
bool pays(const Shape& s, int threads) {
  using Cost = Costs<Value>;
  // AMX multiplies bf16 sixteen times as fast as floats are multiplied.
  if (std::is_same_v<Value, Bf16> && processor_has(dnnl::cpu_isa::avx512_core_amx)) return false;
  const KernelsOf<Value>& k = *best_kernels<Value>();
  const Division d(s, k, threads);
  const int64_t tiles = tiles_of(s), groups = ceil_div(s.channels, k.lanes), vectors = ceil_div(s.outputs, k.lanes);
  const int64_t tasks = d.by_tiles ? threads : ceil_div(s.outputs, k.block) * d.parts;
  const double idle = double(ceil_div(tasks, threads) * threads) / double(tasks);
  const double direct = 9.0 * double(s.batch * s.out_h * s.out_w * s.channels * vectors);
  // Products run at 0.85 of the peak; weights are transformed once a part of a strip.
  const int64_t passes = d.parts * ceil_div(tiles, d.strip);
  const double by_weights = double(s.channels * vectors) * (kProducts * Cost::kProduct / 0.85 * double(tiles) + double(Cost::kWeights * passes));
  const double time = idle * (by_weights + double(Cost::kOutputs * tiles * vectors)) + double(Cost::kInputs * tiles * groups);
  return s.channels >= 16 && time < Cost::kDirect * direct;
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

template <class Value>
ConvolutionOf<Value>::ConvolutionOf(const Shape& shape, const ChannelLayout& in, const Filters& filters, const ChannelLayout& out, int threads,
                                    bool to_float)
    : shape_(shape), kernels_(*best_kernels<Value>()), filters_(filters), threads_(threads), to_float_(to_float), tiles_(tiles_of(shape)) {
  problem_ = {image_of(in, shape.height, shape.width), image_of(out, shape.out_h, shape.out_w), shape.pad_h, shape.pad_w,
              ceil_div(shape.out_h, kOut), ceil_div(shape.out_w, kOut)};
  const Division division(shape, kernels_, threads);
  by_tiles_ = division.by_tiles;
  strip_ = division.strip;
  parts_ = division.parts;
  depth_ = by_tiles_ ? shape.channels : std::min(shape.channels, kDepth);
  if (by_tiles_) {
    shared_floats_ = blocks() * u_floats();
    private_floats_ = v_floats() + kProducts * m_plane();
  } else {
    shared_floats_ = v_floats();
    private_floats_ = u_floats() + kProducts * m_plane();
  }
}

template <class Value>
void ConvolutionOf<Value>::prepare(const Value* weights) {
  if (kernels_.scale_weights == nullptr) return;
  scales_.assign(size_t(kProducts * padded_outputs()), 0.f);
  kernels_.scale_weights(filters_, weights, shape_.channels, shape_.outputs, scales_.data(), padded_outputs());
}

template <class Value>
int64_t ConvolutionOf<Value>::outputs_in(int64_t block) const {
  const int64_t packed = ceil_div(shape_.outputs, kPacked) * kPacked;  // the weights behind the last output are zeros, which its layout may want
  return std::min<int64_t>(kernels_.block, packed - block * kernels_.block);
}

template <class Value>
int64_t ConvolutionOf<Value>::v_floats() const {
  return padded<float>(ceil_div(groups() * v_group() * int64_t(sizeof(Factor)), sizeof(float)));
}
template <class Value>
int64_t ConvolutionOf<Value>::u_plane() const {
  return padded<Factor>((depth_ + 1) / 2 * 2 * kernels_.block);  // integers are there for pairs of channels
}
template <class Value>
int64_t ConvolutionOf<Value>::u_floats() const {
  return kProducts * u_plane() * int64_t(sizeof(Factor)) / int64_t(sizeof(float));
}
template <class Value>
int64_t ConvolutionOf<Value>::m_plane() const {
  return padded<float>(ceil_div(strip_, parts_) * kernels_.block);
}

template <class Value>
const float* ConvolutionOf<Value>::scales(int64_t block) const {
  return scales_.empty() ? nullptr : scales_.data() + block * kernels_.block;
}

template <class Value>
void ConvolutionOf<Value>::transform_weights(const Value* weights, int64_t block, int64_t first, int64_t channels, Factor* u) const {
  kernels_.transform_weights(filters_, weights + block * kernels_.block / kPacked * filters_.block, first, channels, outputs_in(block),
                             scales(block), padded_outputs(), u, u_plane());
}

template <class Value>
void ConvolutionOf<Value>::multiply(const Factor* v, const Factor* u, int64_t block, int64_t channels, int64_t tiles, float* m, bool add) const {
  kernels_.multiply(v, v_plane(), v_group(), u, u_plane(), scales(block), padded_outputs(), channels, tiles,
                    outputs_in(block), m, m_plane(), add);
}

template <class Value>
void ConvolutionOf<Value>::transform_output(const float* m, int64_t first, int64_t tiles, int64_t block, const float* bias,
                                            const std::vector<Post>& posts, void* y) const {
  const int64_t output = block * kernels_.block, count = int64_t(posts.size());
  if (to_float_) {
    kernels_.transform_output_to_float(problem_, m, m_plane(), first, tiles, output, bias, posts.data(), count, static_cast<float*>(y));
  } else {
    kernels_.transform_output(problem_, m, m_plane(), first, tiles, output, bias, posts.data(), count, static_cast<Value*>(y));
  }
}

template <class Value>
void ConvolutionOf<Value>::run(const Value* x, const Value* weights, const float* bias, const std::vector<Post>& posts, void* y,
                               float* scratch) const {
  if (by_tiles_) {
    run_by_tiles(x, weights, bias, posts, y, scratch);
  } else {
    run_by_outputs(x, weights, bias, posts, y, scratch);
  }
}

template <class Value>
void ConvolutionOf<Value>::run_by_tiles(const Value* x, const Value* weights, const float* bias, const std::vector<Post>& posts, void* y,
                                        float* scratch) const {
  const int64_t channels = shape_.channels, u_block = kProducts * u_plane(), strips = ceil_div(tiles_, strip_);
  Factor* u = reinterpret_cast<Factor*>(scratch);
#pragma omp parallel num_threads(threads_)
  {
#pragma omp for schedule(static)
    for (int64_t block = 0; block < blocks(); ++block) {
      transform_weights(weights, block, 0, channels, u + block * u_block);
    }
    float* own = scratch + shared_floats_ + omp_get_thread_num() * private_floats_;
    Factor* v = reinterpret_cast<Factor*>(own);
    float* m = own + v_floats();
#pragma omp for schedule(static) nowait
    for (int64_t strip = 0; strip < strips; ++strip) {
      const int64_t first = strip * strip_, tiles = std::min(strip_, tiles_ - first);
      kernels_.transform_input(problem_, x, first, tiles, 0, groups(), v, v_plane(), v_group());
      for (int64_t block = 0; block < blocks(); ++block) {
        multiply(v, u + block * u_block, block, channels, tiles, m, false);
        transform_output(m, first, tiles, block, bias, posts, y);
      }
    }
  }
}

template <class Value>
void ConvolutionOf<Value>::run_by_outputs(const Value* x, const Value* weights, const float* bias, const std::vector<Post>& posts, void* y,
                                          float* scratch) const {
  const int64_t channels = shape_.channels, pieces = ceil_div(4 * threads_, strip_);  // so that few tiles are enough for all threads
  Factor* v = reinterpret_cast<Factor*>(scratch);
#pragma omp parallel num_threads(threads_)
  {
    float* own = scratch + shared_floats_ + omp_get_thread_num() * private_floats_;
    Factor* u = reinterpret_cast<Factor*>(own);
    float* m = own + u_floats();
    for (int64_t first = 0; first < tiles_; first += strip_) {
      const int64_t tiles = std::min(strip_, tiles_ - first);
      if (first > 0) {
#pragma omp barrier
      }
#pragma omp for schedule(static)
      for (int64_t task = 0; task < tiles * pieces; ++task) {
        const int64_t tile = task / pieces, piece = task % pieces;
        kernels_.transform_input(problem_, x, first + tile, 1, piece * groups() / pieces, (piece + 1) * groups() / pieces,
                                 v + tile * kernels_.group, v_plane(), v_group());
      }
#pragma omp for schedule(static) nowait
      for (int64_t task = 0; task < blocks() * parts_; ++task) {
        const int64_t block = task / parts_, part = task % parts_;
        const int64_t begin = part * tiles / parts_, count = (part + 1) * tiles / parts_ - begin;
        if (count == 0) continue;
        for (int64_t c = 0; c < channels; c += depth_) {
          const int64_t depth = std::min(depth_, channels - c);
          transform_weights(weights, block, c, depth, u);
          multiply(v + c / kernels_.group * v_group() + begin * kernels_.group, u, block, depth, count, m, c > 0);
        }
        transform_output(m, first + begin, count, block, bias, posts, y);
      }
    }
  }
}

template bool is_supported<float>();
template bool is_supported<Bf16>();
template bool pays<float>(const Shape&, int);
template bool pays<Bf16>(const Shape&, int);
template class ConvolutionOf<float>;
template class ConvolutionOf<Bf16>;

}  // namespace caffe4j::winograd
