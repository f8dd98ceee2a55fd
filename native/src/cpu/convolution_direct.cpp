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

using direct::kLanes;

constexpr int64_t kVectors = 2;        // vectors of a block of products
constexpr int64_t kWideVectors = 4;    // the same where there are 32 registers
constexpr int64_t kMostChannels = 64;  // from here on the blocked layout's padding is little
constexpr int64_t kCacheFloats = 96 * 1024;

/** Sizes of one call, and where things lie in a thread's copies of an image and of its output: rows padded to whole vectors. */
struct Sizes {
  int64_t channels, outputs, height, width, kernel_h, kernel_w, pad_h, pad_w, out_h, out_w;
  int64_t chunks;    // vectors of an output row
  int64_t vectors;   // of an output plane
  int64_t out_plane; // floats of an output plane in its copy
  int64_t pitch, plane;  // floats of a row and a plane of the copy of the image, with its padding
  std::vector<int64_t> starts;   // of each vector of an output plane in a plane of the image
  std::vector<int64_t> offsets;  // of each weight of an output in the image

  Sizes(const ConvolutionGeometry& g, const ConvolutionShape& s)
      : channels(g.channels), outputs(g.num_output), height(s.input[0]), width(s.input[1]), kernel_h(g.window.kernel[0]),
        kernel_w(g.window.kernel[1]), pad_h(g.window.pad[0]), pad_w(g.window.pad[1]), out_h(s.output[0]), out_w(s.output[1]),
        chunks((out_w + kLanes - 1) / kLanes), vectors(out_h * chunks), out_plane(vectors * kLanes),
        pitch(chunks * kLanes + kernel_w - 1), plane((height + 2 * pad_h) * pitch) {
    for (int64_t h = 0; h < out_h; ++h) {
      for (int64_t c = 0; c < chunks; ++c) starts.push_back(h * pitch + c * kLanes);
    }
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t h = 0; h < kernel_h; ++h) {
        for (int64_t w = 0; w < kernel_w; ++w) offsets.push_back(c * plane + h * pitch + w);
      }
    }
  }

  int64_t points() const { return kernel_h * kernel_w; }
  int64_t image() const { return channels * height * width; }
  int64_t top() const { return outputs * out_h * out_w; }

  /** Copies an image into planes with padding; what is not image has to be zero already. */
  void copy_image(const float* from, float* to) const {
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t h = 0; h < height; ++h, from += width) std::copy(from, from + width, to + c * plane + (h + pad_h) * pitch + pad_w);
    }
  }

  /** Copies an output's planes, rows padded; the padding has to be zero already. */
  void copy_top(const float* from, float* to) const {
    if (out_w % kLanes == 0) {
      std::copy(from, from + top(), to);
      return;
    }
    for (int64_t r = 0; r < outputs * out_h; ++r) std::copy(from + r * out_w, from + (r + 1) * out_w, to + r * chunks * kLanes);
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

  /** All rows of the product with the vectors of x at `starts`, into rows of y that are `stride` apart. `bias` may be null, else is padded. */
  void multiply(const float* bias, const int64_t* offsets, const float* x, const std::vector<int64_t>& starts, float* y, int64_t stride) const {
    const bool wide = direct::has_32_registers();
    with_rows(rows, [&](auto constant) {
      constexpr int kRows = decltype(constant)::value;
      for (int64_t b = 0; b < count; ++b) {
        const float* w = values.data() + b * depth * rows;
        const float* shift = bias == nullptr ? nullptr : bias + b * rows;
        float* to = y + b * rows * stride;
        const int64_t used = std::min(rows, total - b * rows), count_of_vectors = int64_t(starts.size());
        int64_t v = 0;
        const auto block = [&](auto vectors, const auto& products) {
          constexpr int kCount = decltype(vectors)::value;
          for (; v + kCount <= count_of_vectors; v += kCount) {
            const float* from[kCount];
            int64_t places[kCount];
            for (int i = 0; i < kCount; ++i) {
              from[i] = x + starts[size_t(v + i)];
              places[i] = (v + i) * kLanes;
            }
            products(w, shift, offsets, depth, static_cast<const float* const*>(from), to, static_cast<const int64_t*>(places), stride, used);
          }
        };
        if (wide) {
          block(Constant<kWideVectors>{}, [](auto... args) { direct::wide_products<kRows, kWideVectors>(args...); });
        }
        block(Constant<kVectors>{}, [](auto... args) { direct::products<kRows, kVectors>(args...); });
        block(Constant<1>{}, [](auto... args) { direct::products<kRows, 1>(args...); });
      }
    });
  }
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
    float* y = top.overwrite();
    const bool exact = z.out_w % kLanes == 0;
    const int64_t image = round_up(z.channels * z.plane, kLanes), room = image + (exact ? 0 : z.outputs * z.out_plane);
    for_images(s.batch, room, [&](float* scratch, int64_t from, int64_t to) {
      std::fill(scratch, scratch + image, 0.f);
      for (int64_t n = from; n < to; ++n) {
        z.copy_image(x + n * z.image(), scratch);
        float *own = y + n * z.top(), *padded = exact ? own : scratch + image;
        blocks.multiply(shifts.data(), z.offsets.data(), scratch, z.starts, padded, z.out_plane);
        for (int64_t r = 0; !exact && r < z.outputs * z.out_h; ++r) {
          std::copy(padded + r * z.chunks * kLanes, padded + r * z.chunks * kLanes + z.out_w, own + r * z.out_w);
        }
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
    std::vector<int64_t> planes, vectors;
    for (int64_t o = 0; o < z.outputs; ++o) planes.push_back(o * z.out_plane);
    for (int64_t v = 0; v < z.vectors; ++v) vectors.push_back(v * kLanes);
    float* dx = bottom_diff.overwrite();
    const int64_t outputs = z.outputs * z.out_plane, columns = points * z.out_plane, room = outputs + columns + round_up(z.plane, kLanes);
    for_images(s.batch, room, [&](float* top, int64_t from, int64_t to) {
      float *column = top + outputs, *plane = column + columns;
      std::fill(top, top + outputs, 0.f);
      for (int64_t n = from; n < to; ++n) {
        z.copy_top(dy + n * z.top(), top);
        for (int64_t c = 0; c < z.channels; ++c) {
          blocks[size_t(c)].multiply(nullptr, planes.data(), top, vectors, column, z.out_plane);
          std::fill(plane, plane + z.plane, 0.f);
          for (int64_t p = 0; p < points; ++p) {
            const float* values = column + p * z.out_plane;
            float* corner = plane + p / z.kernel_w * z.pitch + p % z.kernel_w;
            for (int64_t v = 0; v < z.vectors; ++v) {
              float* at = corner + z.starts[size_t(v)];
              direct::store(at, direct::load(at) + direct::load(values + v * kLanes));
            }
          }
          float* own = dx + n * z.image() + c * z.height * z.width;
          const float* inside = plane + z.pad_h * z.pitch + z.pad_w;
          for (int64_t h = 0; h < z.height; ++h) std::copy(inside + h * z.pitch, inside + h * z.pitch + z.width, own + h * z.width);
        }
      }
    });
    return true;
  }

  bool backward_weight(const ConvolutionShape& s, Tensor& bottom, Tensor& top_diff, Tensor* weight_diff, Tensor* bias_diff) override {
    const Sizes z(g_, s);
    if (weight_diff != nullptr) {
      const float *x = bottom.read(), *dy = top_diff.read();
      const bool add = !weight_diff->is_zero();
      float* dw = add ? weight_diff->update() : weight_diff->overwrite();
      const auto run = [&](auto rows, auto width, const auto& gradients) {
        weight_gradient<decltype(rows)::value, decltype(width)::value>(s.batch, z, x, dy, dw, add, gradients);
      };
      if (direct::has_32_registers()) {
        with_width(z.kernel_w, [&](auto width) {
          constexpr int kWidth = decltype(width)::value, kRows = kWidth == 6 ? 4 : kWidth >= 4 ? 5 : 6;
          run(Constant<kRows>{}, width, [](auto... args) { direct::wide_gradients<kRows, kWidth>(args...); });
        });
      } else {
        with_width(z.kernel_w, [&](auto width) {
          constexpr int kWidth = decltype(width)::value, kRows = std::max(12 / kWidth, 2);
          run(Constant<kRows>{}, width, [](auto... args) { direct::gradients<kRows, kWidth>(args...); });
        });
      }
    }
    if (bias_diff != nullptr) bias_backward(&top_diff, bias_diff, count_of(s.output));
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

  /** As many images at a time as the cache holds, so that sums over lanes are few. `gradients` is one of direct's for kRows x kWidth. */
  template <int kRows, int kWidth, class Gradients>
  void weight_gradient(int64_t batch, const Sizes& z, const float* x, const float* dy, float* dw, bool add, const Gradients& gradients) {
    const int64_t outputs = round_up(z.outputs, kRows), top = outputs * z.out_plane, image = round_up(z.channels * z.plane, kLanes);
    const int64_t most_together = std::clamp<int64_t>(kCacheFloats / (top + image), 1, 32);
    const int64_t weights = z.outputs * z.channels * z.points(), share = (batch + context_.threads() - 1) / context_.threads();
    const int64_t rounds = (share + most_together - 1) / most_together, together = (share + rounds - 1) / rounds;
    const int64_t room = weights + together * (top + image);
    const int64_t parts = for_images(batch, room, [&](float* own, int64_t from, int64_t to) {
      std::fill(own, own + room, 0.f);
      float *tops = own + weights, *images = tops + together * top;
      for (int64_t n = from; n < to; n += together) {
        const int64_t count = std::min(together, to - n);
        for (int64_t i = 0; i < count; ++i) {
          z.copy_image(x + (n + i) * z.image(), images + i * image);
          z.copy_top(dy + (n + i) * z.top(), tops + i * top);
        }
        for (int64_t o = 0; o < z.outputs; o += kRows) {
          for (int64_t k = 0; k < z.channels * z.kernel_h; ++k) {
            gradients(tops + o * z.out_plane, z.out_plane, images + z.offsets[size_t(k * z.kernel_w)], z.starts.data(), count, top, image,
                      z.vectors, own + (o * z.channels * z.kernel_h + k) * z.kernel_w, z.channels * z.points(),
                      std::min<int64_t>(kRows, z.outputs - o));
          }
        }
      }
    });
    const float* all = context_.host_scratch(room * parts);  // the parts' memory again
    parallel_for(context_, weights, [=](int64_t i) {
      float sum = add ? dw[i] : 0;
      for (int64_t t = 0; t < parts; ++t) sum += all[t * room + i];
      dw[i] = sum;
    });
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
