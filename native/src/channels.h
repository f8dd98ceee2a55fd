#pragma once
// Work that depends on an element's channel, in whatever layout the values are in.
#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "launch.h"
#include "tensor.h"

namespace caffe4j {

/**
 * An array seen as outer x channels x inner. In memory it is outer x blocks x inner x block, channel = position in blocks * block +
 * position in block: row-major order has a block of 1 (or, with nothing behind the channels, of all of them), oneDNN's blocked layouts
 * one of 8 or 16 and zeros in the channels behind the last, and channels-last order one of all channels.
 */
struct ChannelView {
  int64_t outer, channels, inner;
  int64_t blocks, block;
  dnnl::memory::desc layout;

  /** Channels with the padding. */
  int64_t padded() const { return blocks * block; }
  int64_t floats() const { return outer * padded() * inner; }
};

/** The view in the layout that x's values are in, if it has one there, else in row-major order. Throws SHAPE if x has no such axes. */
ChannelView channel_view(const Tensor& x, int64_t channels, int64_t inner);
/** The same in row-major order. */
ChannelView plain_view(const Tensor& x, int64_t channels, int64_t inner);

/** One value a channel, with zeros for the padding of a view; lives for one operation. */
class ChannelValues {
 public:
  /** `values` may be null, and is for null. */
  ChannelValues(Tensor* values, const ChannelView& view);
  const float* data() const { return data_; }

 private:
  std::vector<float> padded_;
  const float* data_;
};

/** Elements of a row that one thread takes at a time. */
constexpr int64_t kChannelPiece = 4096;

namespace channels_detail {

/** Positions behind the channels that one thread takes at a time. */
inline int64_t positions_a_piece(const ChannelView& v) { return std::max<int64_t>(1, kChannelPiece / v.block); }

/** f(i, c, plain) for positions [from, to) of row r; kBlock is the view's block, or 0 for any. */
template <int kBlock, class F>
inline void row(const ChannelView& v, int64_t r, int64_t from, int64_t to, const F& f) {
  const int64_t block = kBlock == 0 ? v.block : kBlock, first = r % v.blocks * block;
  const int64_t plain = (r / v.blocks * v.channels + first) * v.inner;
  if constexpr (kBlock == 1) {
#pragma omp simd
    for (int64_t s = from; s < to; ++s) f(r * v.inner + s, first, plain + s);
  } else {
    for (int64_t s = from; s < to; ++s) {
      const int64_t at = (r * v.inner + s) * block;
#pragma omp simd
      for (int64_t b = 0; b < block; ++b) f(at + b, first + b, plain + b * v.inner + s);
    }
  }
}

/** f where every channel has one element. */
template <class F>
struct OneEach {
  F f;
  void operator()(int64_t i) const { f(i, i, i); }
};

template <int kBlock, class F>
void run(const Context& context, const ChannelView& v, const F& f) {
  const int64_t step = positions_a_piece(v), pieces = (v.inner + step - 1) / step, work = v.outer * v.blocks * pieces;
  context.enter();
#pragma omp parallel if (v.floats() >= kSerialBelow)
  {
    const F kernel = f;
    const ChannelView& view = v;
#pragma omp for schedule(static)
    for (int64_t p = 0; p < work; ++p) {
      row<kBlock>(view, p / pieces, p % pieces * step, std::min(view.inner, (p % pieces + 1) * step), kernel);
    }
  }
}

}  // namespace channels_detail

/**
 * Calls f(i, c, plain) for every element, padding included: its index in memory, its channel, and its index in row-major order (which
 * means nothing in the padding).
 */
template <class F>
void launch_channels(const Context& context, const ChannelView& v, const F& f) {
  if (Gpu* gpu = context.gpu()) return gpu->launch_channels(typeid(F), &f, v.outer, v.channels, v.inner);
  if (v.outer * v.inner == 1) return parallel_for(context, v.channels, channels_detail::OneEach<F>{f});
  switch (v.block) {
    case 1: return channels_detail::run<1>(context, v, f);
    case 8: return channels_detail::run<8>(context, v, f);
    case 16: return channels_detail::run<16>(context, v, f);
    default: return channels_detail::run<0>(context, v, f);
  }
}

/** On a GPU: sums of the pairs f(i, c) over the elements of each channel; see Gpu::channel_pairs. */
template <class F>
ChannelPairs channel_pairs(const Context& context, const ChannelView& v, const F& f) {
  return context.gpu()->channel_pairs(typeid(F), &f, v.outer, v.channels, v.inner);
}

/**
 * out[c] += sum of f(i) over the elements of channel c, for all channels. Sums are in float within a piece, in double over the pieces.
 */
template <class F>
void add_channel_sums(const Context& context, const ChannelView& v, float* out, const F& f) {
  if (Gpu* gpu = context.gpu()) return gpu->add_channel_sums(typeid(F), &f, v.outer, v.channels, v.inner, out);
  using namespace channels_detail;
  constexpr int64_t kLanes = 64;
  context.enter();
  if (v.outer * v.inner == 1) {
#pragma omp parallel for simd schedule(static) if (v.channels >= kSerialBelow)
    for (int64_t c = 0; c < v.channels; ++c) out[c] += f(c);
    return;
  }
  const int64_t step = positions_a_piece(v), pieces = (v.inner + step - 1) / step, work = v.outer * v.blocks * pieces;
  const int64_t padded = v.padded();
  std::vector<double> sums(size_t(padded) * size_t(context.threads()), 0.0);
#pragma omp parallel if (v.floats() >= kSerialBelow)
  {
    const F kernel = f;
    double* own = sums.data() + int64_t(omp_get_thread_num()) * padded;
#pragma omp for schedule(static)
    for (int64_t p = 0; p < work; ++p) {
      const int64_t r = p / pieces, from = p % pieces * step, to = std::min(v.inner, from + step);
      if (v.block == 1) {
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t s = from; s < to; ++s) sum += kernel(r * v.inner + s);
        own[r % v.blocks] += double(sum);
        continue;
      }
      for (int64_t first = 0; first < v.block; first += kLanes) {
        const int64_t lanes = std::min(kLanes, v.block - first);
        float sum[kLanes] = {};
        for (int64_t s = from; s < to; ++s) {
          const int64_t at = (r * v.inner + s) * v.block + first;
#pragma omp simd
          for (int64_t b = 0; b < lanes; ++b) sum[b] += kernel(at + b);
        }
        for (int64_t b = 0; b < lanes; ++b) own[r % v.blocks * v.block + first + b] += double(sum[b]);
      }
    }
  }
  for (int64_t c = 0; c < v.channels; ++c) {
    double sum = 0;
    for (int t = 0; t < context.threads(); ++t) sum += sums[size_t(t * padded + c)];
    out[c] += float(sum);
  }
}

}  // namespace caffe4j
