// Batch normalization with the Scale and ReLU behind it in one, over blocks of channels: what is read twice is read from the caches.
#include "cpu/batch_norm_affine.h"

#include <array>
#include <cmath>
#include <cstring>

#include "cpu/direct_blocks.h"

namespace caffe4j {

using direct::kLanes;
using direct::load;
using direct::store;
using Vector = direct::Lanes;

namespace {

/** Positions that are summed in float before the sums go on in double. */
constexpr int64_t kPiece = 128;

/** Blocks of channels, and where there are fewer of them than threads, shares of the images of each. */
struct Shares {
  int64_t blocks, parts, images;

  Shares(const Context& context, const ChannelView& v) : blocks(v.blocks), parts(1), images(v.outer) {
    if (blocks < context.threads()) parts = std::min(images, (context.threads() + blocks - 1) / blocks);
  }

  int64_t count() const { return blocks * parts; }
  int64_t block(int64_t share) const { return share / parts; }
  int64_t first(int64_t share) const { return share % parts * images / parts; }
  int64_t end(int64_t share) const { return (share % parts + 1) * images / parts; }

  /** Runs the steps one after another, each for all shares; where a step needs no more than the same share's, without waiting in between. */
  template <class... Step>
  void run(const Context& context, const Step&... steps) const {
    context.enter();
    if (parts == 1) {
#pragma omp parallel for schedule(static)
      for (int64_t s = 0; s < count(); ++s) (steps(s), ...);
      return;
    }
    (
        [&](const auto& step) {
#pragma omp parallel for schedule(static)
          for (int64_t s = 0; s < count(); ++s) step(s);
        }(steps),
        ...);
  }
};

/** A block of channels of a view. */
template <int kVectors>
struct Block {
  static constexpr int64_t kSize = kVectors * kLanes;
  using Doubles = std::array<double, size_t(kSize)>;
  using Vectors = Vector[kVectors];

  const ChannelView& view;
  int64_t number;

  int64_t first_channel() const { return number * kSize; }
  int64_t channels() const { return std::min(kSize, view.channels - first_channel()); }
  int64_t plane(int64_t image) const { return (image * view.blocks + number) * view.inner; }

  /** What f(channel in the block) says for each channel, zeros behind the last. */
  template <class F>
  void fill(Vectors& vectors, const F& f) const {
    float values[kSize] = {};
    for (int64_t b = 0; b < channels(); ++b) values[b] = f(b);
    std::memcpy(&vectors, values, sizeof values);
  }

  /** f(i, k) for the vectors of images [first, end): where they are in memory, and in their block. */
  template <class F>
  void each(int64_t first, int64_t end, const F& f) const {
    for (int64_t n = first; n < end; ++n) {
      const int64_t from = plane(n);
      for (int64_t p = from; p < from + view.inner; ++p) {
#pragma GCC unroll 2
        for (int k = 0; k < kVectors; ++k) f(p * kSize + k * kLanes, k);
      }
    }
  }

  /** Sums over images [first, end) of what f(sum, other, i, k) adds to two of them. */
  template <class F>
  void add(int64_t first, int64_t end, const F& f, Doubles& sums, Doubles& others) const {
    for (int64_t n = first; n < end; ++n) {
      const int64_t from = plane(n);
      for (int64_t piece = 0; piece < view.inner; piece += kPiece) {
        Vectors sum = {}, other = {};
        const int64_t to = from + std::min(view.inner, piece + kPiece);
        for (int64_t p = from + piece; p < to; ++p) {
#pragma GCC unroll 2
          for (int k = 0; k < kVectors; ++k) f(sum[k], other[k], p * kSize + k * kLanes, k);
        }
        for (int64_t b = 0; b < kSize; ++b) {
          sums[size_t(b)] += double(sum[b / kLanes][b % kLanes]);
          others[size_t(b)] += double(other[b / kLanes][b % kLanes]);
        }
      }
    }
  }
};

/** (x - mean) * factor + bias. */
template <int kVectors>
struct Affine {
  Vector mean[kVectors], factor[kVectors], bias[kVectors];

  Affine(const Block<kVectors>& block, const NormalizedAffine& a) {
    const int64_t first = block.first_channel();
    block.fill(mean, [&](int64_t b) { return a.mean[first + b]; });
    block.fill(factor, [&](int64_t b) { return a.scale[first + b] * a.rate(first + b); });
    block.fill(bias, [&](int64_t b) { return a.bias == nullptr ? 0 : a.bias[first + b]; });
  }

  Vector at(const float* x, int k) const { return (load(x) - mean[k]) * factor[k] + bias[k]; }
};

template <int kVectors>
void forward(const Context& context, const ChannelView& v, const float* x, const NormalizedAffine& affine, float* mean, float* variance, float* y) {
  using B = Block<kVectors>;
  using Doubles = typename B::Doubles;
  const Shares shares(context, v);
  std::vector<Doubles> sums(size_t(shares.count())), squares(size_t(shares.count()));
  const auto mean_of = [&](const std::vector<Doubles>& parts, int64_t block, int64_t b) {
    double all = 0;
    for (int64_t part = 0; part < shares.parts; ++part) all += parts[size_t(block * shares.parts + part)][size_t(b)];
    return float(all / double(v.outer * v.inner));
  };
  const auto sum = [&](int64_t s) {
    Doubles none{};
    const auto add = [=](Vector& to, Vector&, int64_t i, int) { to += load(x + i); };
    B{v, shares.block(s)}.add(shares.first(s), shares.end(s), add, sums[size_t(s)], none);
  };
  const auto square = [&](int64_t s) {
    const B block{v, shares.block(s)};
    Vector means[kVectors];
    block.fill(means, [&](int64_t b) { return mean_of(sums, block.number, b); });
    Doubles none{};
    const auto add = [&, x](Vector& to, Vector&, int64_t i, int k) {
      const Vector d = load(x + i) - means[k];
      to += d * d;
    };
    block.add(shares.first(s), shares.end(s), add, squares[size_t(s)], none);
  };
  const auto finish = [&](int64_t s) {
    if (shares.first(s) != 0) return;
    const B block{v, shares.block(s)};
    for (int64_t b = 0; b < block.channels(); ++b) {
      mean[block.first_channel() + b] = mean_of(sums, block.number, b);
      variance[block.first_channel() + b] = mean_of(squares, block.number, b);
    }
  };
  const auto write = [&](int64_t s) {
    const B block{v, shares.block(s)};
    const Affine<kVectors> a(block, affine);
    if (affine.relu) {
      block.each(shares.first(s), shares.end(s), [&, x, y](int64_t i, int k) {
        const Vector value = a.at(x + i, k), none = {};
        store(y + i, (value > 0 ? value : none) + 0 * (value > 0 ? none : value));  // as ReluForward
      });
    } else {
      block.each(shares.first(s), shares.end(s), [&, x, y](int64_t i, int k) { store(y + i, a.at(x + i, k)); });
    }
  };
  shares.run(context, sum, square, finish, write);
}

template <int kVectors, bool kRelu>
void backward(const Context& context, const ChannelView& v, const float* x, const float* dy, const NormalizedAffine& affine, float* dx,
              float* scale_diff, float* bias_diff) {
  using B = Block<kVectors>;
  const Shares shares(context, v);
  const double count = double(v.outer * v.inner);
  std::vector<typename B::Doubles> sums(size_t(shares.count())), products(size_t(shares.count()));
  const auto gradient = [x, dy](const Affine<kVectors>& a, int64_t i, int k) {
    const Vector g = load(dy + i);
    return kRelu ? (a.at(x + i, k) > 0 ? g : 0 * g) : g;
  };
  const auto sum = [&](int64_t s) {
    const B block{v, shares.block(s)};
    const Affine<kVectors> a(block, affine);
    const auto add = [&, x](Vector& to, Vector& product, int64_t i, int k) {
      const Vector g = gradient(a, i, k);
      to += g;
      product += g * (load(x + i) - a.mean[k]);
    };
    block.add(shares.first(s), shares.end(s), add, sums[size_t(s)], products[size_t(s)]);
  };
  const auto write = [&](int64_t s) {
    const B block{v, shares.block(s)};
    const Affine<kVectors> a(block, affine);
    const auto total = [&](const std::vector<typename B::Doubles>& parts, int64_t b) {
      double all = 0;
      for (int64_t part = 0; part < shares.parts; ++part) all += parts[size_t(block.number * shares.parts + part)][size_t(b)];
      return all;
    };
    const int64_t first = block.first_channel();
    if (shares.first(s) == 0) {
      for (int64_t b = 0; b < block.channels(); ++b) {
        if (scale_diff != nullptr) scale_diff[first + b] += float(total(products, b) * double(affine.rate(first + b)));
        if (bias_diff != nullptr) bias_diff[first + b] += float(total(sums, b));
      }
    }
    // dx = factor * (g - mean of g - (x - mean) / deviation^2 * mean of g * (x - mean)).
    Vector means[kVectors], slopes[kVectors];
    block.fill(means, [&](int64_t b) { return float(total(sums, b) / count); });
    block.fill(slopes, [&](int64_t b) {
      const double rate = double(affine.rate(first + b));
      return float(total(products, b) / count * rate * rate);
    });
    block.each(shares.first(s), shares.end(s), [&, x, dx](int64_t i, int k) {
      const Vector g = gradient(a, i, k) - means[k];
      store(dx + i, a.factor[k] * (g - (load(x + i) - a.mean[k]) * slopes[k]));
    });
  };
  shares.run(context, sum, write);
}

}  // namespace

float NormalizedAffine::rate(int64_t channel) const { return 1 / std::sqrt(variance[channel] + eps); }

bool blocked_affine_suits(const ChannelView& view) { return (view.block == kLanes || view.block == 2 * kLanes) && view.outer * view.inner > 0; }

void blocked_affine_forward(const Context& context, const ChannelView& view, const float* x, const NormalizedAffine& affine, float* mean,
                            float* variance, float* y) {
  const auto run = view.block == kLanes ? forward<1> : forward<2>;
  run(context, view, x, affine, mean, variance, y);
}

void blocked_affine_backward(const Context& context, const ChannelView& view, const float* x, const float* dy, const NormalizedAffine& affine,
                             float* dx, float* scale_diff, float* bias_diff) {
  const auto run = affine.relu ? (view.block == kLanes ? backward<1, true> : backward<2, true>)
                               : (view.block == kLanes ? backward<1, false> : backward<2, false>);
  run(context, view, x, dy, affine, dx, scale_diff, bias_diff);
}

}  // namespace caffe4j
