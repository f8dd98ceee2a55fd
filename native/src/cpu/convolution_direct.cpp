// Convolution over row-major values for small numbers of channels, which fill the 16 lanes of a blocked layout badly (LeNet's 20 and 50):
// the lanes are neighbouring output positions instead. Training only; stride, dilation and group 1.
#include <algorithm>

#include "caffe4j/bias.h"
#include "convolution.h"
#include "direct_blocks.h"
#include "launch.h"
#include "packed_weights.h"
#include "round.h"

namespace caffe4j {

namespace {

constexpr int64_t kMostChannels = 64;  // from here on the blocked layout's padding is little
constexpr int64_t kCacheFloats = 160 * 1024, kNearCacheFloats = 9 * 1024;  // what is counted on of a core's second and first cache

/** Floats that are worked on together. */
int64_t lanes() { return direct::has_32_registers() ? direct::kWideLanes : direct::kLanes; }

/** Copies a row, or adds it to what is there: most are too short to call a function for. */
template <bool kAdd>
void row(const float* from, int64_t count, float* to) {
  const auto vector = [&](int64_t i) { direct::store(to + i, kAdd ? direct::load(to + i) + direct::load(from + i) : direct::load(from + i)); };
  int64_t i = 0;
  for (; i + direct::kLanes <= count; i += direct::kLanes) vector(i);
  if (!kAdd && i > 0 && i < count) return vector(count - direct::kLanes);
  for (; i < count; ++i) to[i] = kAdd ? to[i] + from[i] : from[i];
}

/**
 * Sizes of one call. An image is copied `kernel_w` times, each copy one column further to the left and with rows as long as those of the
 * output: so the positions of an output plane that meet a weight are neighbours in memory, across its rows too.
 */
struct Sizes {
  int64_t channels, outputs, height, width, kernel_h, kernel_w, pad_h, pad_w, out_h, out_w;
  int64_t positions;  // of an output plane
  int64_t vectors;    // of an output plane
  int64_t out_plane;  // floats of an output plane in whole vectors
  int64_t shifted;    // floats of one of the copies of a plane, with the padding above and below
  int64_t copies;     // floats of the copies of an image, and of what is read behind them
  std::vector<int64_t> offsets;  // of each weight of an output in the copies

  Sizes(const ConvolutionGeometry& g, const ConvolutionShape& s)
      : channels(g.channels), outputs(g.num_output), height(s.input[0]), width(s.input[1]), kernel_h(g.window.kernel[0]),
        kernel_w(g.window.kernel[1]), pad_h(g.window.pad[0]), pad_w(g.window.pad[1]), out_h(s.output[0]), out_w(s.output[1]),
        positions(out_h * out_w), vectors(ceil_div(positions, lanes())), out_plane(vectors * lanes()),
        shifted((height + 2 * pad_h) * out_w), copies(round_up(channels * kernel_w * shifted + lanes(), direct::kWideLanes)) {
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t h = 0; h < kernel_h; ++h) {
        for (int64_t w = 0; w < kernel_w; ++w) offsets.push_back((c * kernel_w + w) * shifted + h * out_w);
      }
    }
  }

  int64_t points() const { return kernel_h * kernel_w; }
  int64_t image() const { return channels * height * width; }
  int64_t top() const { return outputs * positions; }
  /** Whether output planes are whole vectors. */
  bool exact() const { return out_plane == positions; }
  /** Whether some of the copies of an image, or of what is read behind them, is not of the image. */
  bool has_gaps() const { return pad_h > 0 || pad_w > 0 || !exact(); }

  /** Calls f(first column of a row of the image, first of the copy's, their number) for the copy for column `w` of the kernel. */
  template <class F>
  void for_rows(int64_t w, const F& f) const {
    const int64_t first = std::max<int64_t>(pad_w - w, 0), end = std::min(out_w, width + pad_w - w);
    for (int64_t h = 0; h < height && first < end; ++h) f(h * width + first + w - pad_w, (h + pad_h) * out_w + first, end - first);
  }

  /** Makes the copies of an image; what is not image has to be zero already. */
  void copy_image(const float* from, float* to) const {
    for (int64_t c = 0; c < channels; ++c, from += height * width) {
      for (int64_t w = 0; w < kernel_w; ++w, to += shifted) {
        for_rows(w, [=](int64_t image, int64_t copy, int64_t count) { row<false>(from + image, count, to + copy); });
      }
    }
  }

  /** Adds the copies of one plane up, the other way round. */
  void add_copies(const float* from, float* to) const {
    std::fill(to, to + height * width, 0.f);
    for (int64_t w = 0; w < kernel_w; ++w, from += shifted) {
      for_rows(w, [=](int64_t image, int64_t copy, int64_t count) { row<true>(from + copy, count, to + image); });
    }
  }

  /** Copies an output's planes, which are not whole vectors, into planes that are; what is behind them has to be zero already. */
  void copy_top(const float* from, float* to) const {
    for (int64_t o = 0; o < outputs; ++o) row<false>(from + o * positions, positions, to + o * out_plane);
  }
};

template <int kValue>
using Constant = std::integral_constant<int, kValue>;

/** Calls f(Constant<width>) for a width from 2 to 6. */
template <class F>
void with_width(int64_t width, const F& f) {
  switch (width) {
    case 2: return f(Constant<2>{});
    case 3: return f(Constant<3>{});
    case 4: return f(Constant<4>{});
    case 5: return f(Constant<5>{});
    default: return f(Constant<6>{});
  }
}

/** Calls f(Constant<rows>) for a number of rows from 1 to 6. */
template <class F>
void with_rows(int64_t rows, const F& f) {
  if (rows == 1) return f(Constant<1>{});
  with_width(rows, f);
}

/** The number of rows from 4 to 6 that cuts `total` with the least left over; fewer if there are fewer. */
int64_t block_rows(int64_t total) {
  int64_t best = std::min<int64_t>(total, 6);
  for (int64_t rows = best - 1; rows >= 4; --rows) {
    if (round_up(total, rows) < round_up(total, best)) best = rows;
  }
  return best;
}

/** A matrix of `total` x `depth` weights, cut into blocks of rows in which the rows are neighbours. */
struct Blocks {
  int64_t total = 0, depth = 0, rows = 0, count = 0;
  std::vector<float> values;

  Blocks() = default;

  /** weight(row, k) gives an element. */
  template <class Weight>
  Blocks(int64_t total_rows, int64_t depth_, const Weight& weight)
      : total(total_rows), depth(depth_), rows(block_rows(total_rows)), count((total_rows + rows - 1) / rows), values(size_t(count * rows * depth_)) {
    for (int64_t r = 0; r < total; ++r) {
      float* to = values.data() + r / rows * depth * rows + r % rows;
      for (int64_t k = 0; k < depth; ++k) to[k * rows] = weight(r, k);
    }
  }

  /** The product with `vectors` neighbouring vectors at x + offsets, row r to y + places[r]. `bias` may be null, else is padded. */
  void multiply(const float* bias, const int64_t* offsets, const float* x, int64_t vectors, float* y, const int64_t* places, bool add) const {
    const bool wide = direct::has_32_registers();
    with_rows(rows, [&](auto constant) {
      constexpr int kRows = decltype(constant)::value;
      for (int64_t b = 0; b < count; ++b) {
        const float *w = values.data() + b * depth * rows, *shift = bias == nullptr ? nullptr : bias + b * rows;
        int64_t v = 0;
        const auto block = [&](auto vectors_at_once, const auto& products) {
          constexpr int kCount = decltype(vectors_at_once)::value;
          for (; v + kCount <= vectors; v += kCount) {
            const int64_t at = v * lanes();
            products(w, shift, offsets, depth, x + at, direct::Target{y + at, places + b * rows, std::min(rows, total - b * rows), add});
          }
        };
        if (wide) {
          block(Constant<4>{}, [](const auto&... args) { direct::wide_products<kRows, 4>(args...); });
          block(Constant<2>{}, [](const auto&... args) { direct::wide_products<kRows, 2>(args...); });
          block(Constant<1>{}, [](const auto&... args) { direct::wide_products<kRows, 1>(args...); });
        } else {
          block(Constant<2>{}, [](const auto&... args) { direct::products<kRows, 2>(args...); });
          block(Constant<1>{}, [](const auto&... args) { direct::products<kRows, 1>(args...); });
        }
      }
    });
  }
};

/** 0, step, 2 * step, ... */
std::vector<int64_t> multiples(int64_t count, int64_t step) {
  std::vector<int64_t> all;
  for (int64_t i = 0; i < count; ++i) all.push_back(i * step);
  return all;
}

/** Where gradients are written, or added to what is there. */
struct Sums {
  float* values = nullptr;
  bool add = false;

  Sums() = default;
  explicit Sums(Tensor& diff) : values(nullptr), add(!diff.is_zero()) { values = add ? diff.update() : diff.overwrite(); }
};

class DirectConvolution final : public ConvolutionEngine {
 public:
  DirectConvolution(Context& context, const ConvolutionGeometry& geometry) : context_(context), g_(geometry) {}

  bool forward(const ConvolutionShape& s, Tensor& bottom, Tensor& weight, Tensor* bias, Tensor& top) override {
    const Sizes z(g_, s);
    const float *x = bottom.read(), *w = weight.read();
    const int64_t depth = z.channels * z.points();
    const Blocks blocks(z.outputs, depth, [&](int64_t o, int64_t k) { return w[o * depth + k]; });
    std::vector<float> shifts(size_t(blocks.count * blocks.rows));
    if (bias != nullptr) std::copy_n(bias->read(), z.outputs, shifts.begin());
    const std::vector<int64_t> planes = multiples(z.outputs, z.out_plane);
    float* y = top.overwrite();
    for_images(s.batch, z.copies + (z.exact() ? 0 : z.outputs * z.out_plane), [&](float* copies, int64_t from, int64_t to) {
      std::fill(copies, copies + z.copies, 0.f);
      for (int64_t n = from; n < to; ++n) {
        z.copy_image(x + n * z.image(), copies);
        float *own = y + n * z.top(), *padded = z.exact() ? own : copies + z.copies;
        blocks.multiply(shifts.data(), z.offsets.data(), copies, z.vectors, padded, planes.data(), false);
        for (int64_t o = 0; !z.exact() && o < z.outputs; ++o) row<false>(padded + o * z.out_plane, z.positions, own + o * z.positions);
      }
    });
    return true;
  }

  /** Each channel's gradients by kernel point, one product of weights and top diff, are added where they belong. */
  bool backward_data(const ConvolutionShape& s, Tensor& top_diff, Tensor& weight, Tensor& bottom_diff) override {
    const Sizes z(g_, s);
    const float *dy = top_diff.read(), *w = weight.read();
    const int64_t points = z.points();
    std::vector<Blocks> blocks(static_cast<size_t>(z.channels));
    context_.enter();
#pragma omp parallel for schedule(static)
    for (int64_t c = 0; c < z.channels; ++c) {
      blocks[size_t(c)] = Blocks(points, z.outputs, [&](int64_t p, int64_t o) { return w[(o * z.channels + c) * points + p]; });
    }
    const std::vector<int64_t> planes = multiples(z.outputs, z.out_plane);
    float* dx = bottom_diff.overwrite();
    const int64_t copies = round_up(z.kernel_w * z.shifted + lanes(), direct::kWideLanes), padded = z.exact() ? 0 : z.outputs * z.out_plane;
    for_images(s.batch, copies + padded, [&](float* own, int64_t from, int64_t to) {
      std::fill(own, own + copies + padded, 0.f);
      for (int64_t n = from; n < to; ++n) {
        const float* top = dy + n * z.top();
        if (!z.exact()) {
          z.copy_top(top, own + copies);
          top = own + copies;
        }
        for (int64_t c = 0; c < z.channels; ++c) {
          std::fill(own, own + copies, 0.f);
          blocks[size_t(c)].multiply(nullptr, planes.data(), top, z.vectors, own, z.offsets.data(), true);
          z.add_copies(own, dx + n * z.image() + c * z.height * z.width);
        }
      }
    });
    return true;
  }

  bool backward_weight(const ConvolutionShape& s, Tensor& bottom, Tensor& top_diff, Tensor* weight_diff, Tensor* bias_diff) override {
    if (weight_diff == nullptr) {
      bias_backward(&top_diff, bias_diff, count_of(s.output));
    } else {
      const Sizes z(g_, s);
      const float *x = bottom.read(), *dy = top_diff.read();
      const Sums dw(*weight_diff), db = bias_diff == nullptr ? Sums() : Sums(*bias_diff);
      with_width(z.kernel_w, [&](auto width) {
        constexpr int kWidth = decltype(width)::value;
        if (direct::has_32_registers()) {
          constexpr int kRows = kWidth == 6 ? 4 : kWidth >= 4 ? 5 : 6;
          weight_gradient(s.batch, z, x, dy, dw, db, kRows, [](const auto&... args) { direct::wide_gradients<kRows, kWidth>(args...); });
        } else {
          constexpr int kRows = std::max(12 / kWidth, 2);
          weight_gradient(s.batch, z, x, dy, dw, db, kRows, [](const auto&... args) { direct::gradients<kRows, kWidth>(args...); });
        }
      });
    }
    return true;
  }

  std::string implementation() const override { return "direct"; }

 private:
  /** Calls f(scratch of `room` floats, first image, end) for parts of the batch, one a thread; returns their number. */
  template <class F>
  int64_t for_images(int64_t batch, int64_t room, const F& f) {
    const int64_t parts = std::min<int64_t>(context_.threads(), batch);
    float* scratch = context_.host_scratch(room * parts);
    context_.enter();
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < parts; ++i) f(scratch + i * room, batch * i / parts, batch * (i + 1) / parts);
    return parts;
  }

  /** As many images at a time as the caches hold, so that sums over lanes are few. `gradients` is one of direct's for `rows` outputs. */
  template <class Gradients>
  void weight_gradient(int64_t batch, const Sizes& z, const float* x, const float* dy, const Sums& dw, const Sums& db, int64_t rows,
                       const Gradients& gradients) {
    const bool whole = z.exact() && z.outputs % rows == 0;  // the top's gradients can be read where they are
    const int64_t top = whole ? z.top() : round_up(z.outputs, rows) * z.out_plane, image = z.copies;
    const int64_t block = rows * z.out_plane + z.kernel_w * z.shifted;  // what sums of the same channel and outputs read of an image
    const int64_t most_together = std::clamp<int64_t>(std::min(kCacheFloats / (top + image), kNearCacheFloats / block), 1, 32);
    const int64_t weights = z.outputs * z.channels * z.points(), share = (batch + context_.threads() - 1) / context_.threads();
    const int64_t rounds = (share + most_together - 1) / most_together, together = (share + rounds - 1) / rounds;
    const int64_t sums = weights + z.outputs, room = round_up(sums, direct::kWideLanes) + together * (image + (whole ? 0 : top));
    const int64_t parts = for_images(batch, room, [&](float* own, int64_t from, int64_t to) {
      std::fill(own, own + room, 0.f);
      float *images = own + round_up(sums, direct::kWideLanes), *tops = images + together * image;
      for (int64_t n = from; n < to; n += together) {
        const int64_t count = std::min(together, to - n);
        for (int64_t i = 0; i < count; ++i) {
          z.copy_image(x + (n + i) * z.image(), images + i * image);
          if (!whole) z.copy_top(dy + (n + i) * z.top(), tops + i * top);
        }
        const float* diffs = whole ? dy + n * top : tops;
        for (int64_t i = 0; db.values != nullptr && i < count; ++i) {
          for (int64_t o = 0; o < z.outputs; ++o) own[weights + o] += direct::sum_of(diffs + i * top + o * z.out_plane, z.out_plane);
        }
        for (int64_t c = 0; c < z.channels; ++c) {
          for (int64_t o = 0; o < z.outputs; o += rows) {
            for (int64_t k = c * z.kernel_h; k < (c + 1) * z.kernel_h; ++k) {
              gradients(direct::Planes{diffs + o * z.out_plane, z.out_plane, top},
                        direct::Planes{images + z.offsets[size_t(k * z.kernel_w)], z.shifted, image}, count, z.vectors,
                        own + (o * z.channels * z.kernel_h + k) * z.kernel_w, z.channels * z.points(), std::min(rows, z.outputs - o));
            }
          }
        }
      }
    });
    const float* all = context_.host_scratch(room * parts);  // the parts' memory again
    const auto add_up = [&](const Sums& to, int64_t first, int64_t count) {
      parallel_for(context_, count, [=](int64_t i) {
        float sum = to.add ? to.values[i] : 0;
        for (int64_t t = 0; t < parts; ++t) sum += all[t * room + first + i];
        to.values[i] = sum;
      });
    };
    add_up(dw, 0, weights);
    if (db.values != nullptr) add_up(db, weights, z.outputs);
  }

  Context& context_;
  const ConvolutionGeometry& g_;
};

/** Multiplications of oneDNN's blocked kernels for one that is asked for; they take up to 4 input channels as they are. */
double padded_work(const ConvolutionGeometry& g) {
  const int64_t channels = g.channels <= 4 ? g.channels : round_up(g.channels, 16);
  return double(channels * round_up(g.num_output, 16)) / double(g.channels * g.num_output);
}

}  // namespace

bool direct_convolution_suits(const ConvolutionGeometry& g) {
  const Window& w = g.window;
  const auto all = [](const Dims& dims, int64_t value) { return std::all_of(dims.begin(), dims.end(), [=](int64_t d) { return d == value; }); };
  return !g.inference && w.axes() == 2 && g.group == 1 && all(w.stride, 1) && all(w.dilation, 1) && w.kernel[1] >= 2 && w.kernel[1] <= 6 &&
         w.pad[0] < w.kernel[0] && w.pad[1] < w.kernel[1] && g.channels <= kMostChannels && g.num_output <= kMostChannels && padded_work(g) > 1.5;
}

std::unique_ptr<ConvolutionEngine> make_direct_convolution(Context& context, const ConvolutionGeometry& geometry) {
  return std::make_unique<DirectConvolution>(context, geometry);
}

}  // namespace caffe4j
