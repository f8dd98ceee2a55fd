#include "caffe4j/lrn.h"

#include <omp.h>

#include <algorithm>
#include <cmath>

#include "channel_layout.h"
#include "error.h"
#include "gpu_cudnn.h"
#include "kernels/lrn.h"
#include "kernels/vector_math.h"
#include "launch.h"
#include "lrn.h"
#include "lrn_blocks.h"

namespace caffe4j {

namespace {

/** Pixels that are treated together where they are neighbours in memory. */
constexpr int64_t kPixels = 64;

/**
 * Across channels, pixels side by side in memory: every step is a loop over `width` pixels. Channels are `stride` apart.
 */
template <bool kUsual>
void forward_pixels(const Response& r, const float* x, float* y, int64_t channels, int64_t stride, int64_t width, float* squares) {
  for (int64_t c = 0; c < channels; ++c) {
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) squares[c * kPixels + i] = x[c * stride + i] * x[c * stride + i];
  }
  for (int64_t c = 0; c < channels; ++c) {
    float sum[kPixels] = {};
    const int64_t end = std::min(c + r.half + 1, channels);
    for (int64_t w = std::max<int64_t>(c - r.half, 0); w < end; ++w) {
#pragma omp simd
      for (int64_t i = 0; i < width; ++i) sum[i] += squares[w * kPixels + i];
    }
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) y[c * stride + i] = x[c * stride + i] * power<kUsual>(r.scale(sum[i]), r.beta);
  }
}

/** `ratios` has room for two arrays of channels x kPixels. */
template <bool kUsual>
void backward_pixels(const Response& r, const float* x, const float* dy, float* dx, int64_t channels, int64_t stride, int64_t width,
                     float* ratios) {
  float* powers = ratios + channels * kPixels;
  for (int64_t c = 0; c < channels; ++c) {
    float sum[kPixels] = {};
    const int64_t end = std::min(c + r.half + 1, channels);
    for (int64_t w = std::max<int64_t>(c - r.half, 0); w < end; ++w) {
#pragma omp simd
      for (int64_t i = 0; i < width; ++i) sum[i] += x[w * stride + i] * x[w * stride + i];
    }
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) {
      const float scale = r.scale(sum[i]), p = power<kUsual>(scale, r.beta);
      powers[c * kPixels + i] = p;
      ratios[c * kPixels + i] = dy[c * stride + i] * x[c * stride + i] * p / scale;
    }
  }
  for (int64_t c = 0; c < channels; ++c) {
    float sum[kPixels] = {};
    const int64_t end = std::min(c + r.half + 1, channels);
    for (int64_t w = std::max<int64_t>(c - r.half, 0); w < end; ++w) {
#pragma omp simd
      for (int64_t i = 0; i < width; ++i) sum[i] += ratios[w * kPixels + i];
    }
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) {
      dx[c * stride + i] = dy[c * stride + i] * powers[c * kPixels + i] - r.slope() * x[c * stride + i] * sum[i];
    }
  }
}

/** Sums of `values` over windows; `values` has `half` zeros in front and behind. */
inline void window_sums(const float* values, float* sums, int64_t channels, int64_t half) {
  std::fill(sums, sums + channels, 0.0f);
  for (int64_t w = 0; w <= 2 * half; ++w) {
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) sums[c] += values[c + w];
  }
}

/** Arrays of one pixel's channels, in a thread's scratch memory. The ones to be summed over windows have zeros around them. */
struct PixelRow {
  float *x, *dy, *sums, *powers, *padded;

  static int64_t floats(int64_t channels, int64_t half) { return 5 * channels + 2 * half; }
  PixelRow(float* memory, int64_t channels, int64_t half)
      : x(memory), dy(x + channels), sums(dy + channels), powers(sums + channels), padded(powers + channels) {
    std::fill(padded, padded + channels + 2 * half, 0.0f);
  }
};

inline void gather(const ChannelLayout& l, const float* from, float* row) {
  for (int64_t c = 0; c < l.channels; c += l.block, from += l.block_stride) {
    std::copy(from, from + std::min(l.block, l.channels - c), row + c);
  }
}

/** Writes a pixel's channels, and zeros into the padding of the last block. */
inline void scatter(const ChannelLayout& l, const float* row, float* to) {
  for (int64_t c = 0; c < l.channels; c += l.block, to += l.block_stride) {
    const int64_t n = std::min(l.block, l.channels - c);
    std::copy(row + c, row + c + n, to);
    std::fill(to + n, to + l.block, 0.0f);
  }
}

/** Across channels, the channels of a pixel side by side in memory: every step is a loop over channels. */
template <bool kUsual>
void forward_row(const Response& r, const ChannelLayout& l, const float* x, float* y, PixelRow& row) {
  gather(l, x, row.x);
#pragma omp simd
  for (int64_t c = 0; c < l.channels; ++c) row.padded[r.half + c] = row.x[c] * row.x[c];
  window_sums(row.padded, row.sums, l.channels, r.half);
#pragma omp simd
  for (int64_t c = 0; c < l.channels; ++c) row.x[c] *= power<kUsual>(r.scale(row.sums[c]), r.beta);
  scatter(l, row.x, y);
}

template <bool kUsual>
void backward_row(const Response& r, const ChannelLayout& l, const float* x, const float* dy, float* dx, PixelRow& row) {
  gather(l, x, row.x);
  gather(l, dy, row.dy);
#pragma omp simd
  for (int64_t c = 0; c < l.channels; ++c) row.padded[r.half + c] = row.x[c] * row.x[c];
  window_sums(row.padded, row.sums, l.channels, r.half);
#pragma omp simd
  for (int64_t c = 0; c < l.channels; ++c) {
    const float scale = r.scale(row.sums[c]), p = power<kUsual>(scale, r.beta);
    row.powers[c] = p;
    row.padded[r.half + c] = row.dy[c] * row.x[c] * p / scale;
  }
  window_sums(row.padded, row.sums, l.channels, r.half);
#pragma omp simd
  for (int64_t c = 0; c < l.channels; ++c) row.dy[c] = row.dy[c] * row.powers[c] - r.slope() * row.x[c] * row.sums[c];
  scatter(l, row.dy, dx);
}

/** As across_channels, by tiles of pixels. */
template <bool kUsual, int kBlock>
void across_blocks(Context& context, const Response& r, const ChannelLayout& l, const float* x, const float* dy, float* to) {
  using Tile = LrnTile<kUsual, kBlock>;
  const int64_t tiles = (l.pixels + Tile::kPixels - 1) / Tile::kPixels, room = Tile::floats(l);
  float* scratch = context.host_scratch(room * context.threads());
  std::fill(scratch, scratch + room * context.threads(), 0.f);
#pragma omp parallel for schedule(static) if (l.batch * l.channels * l.pixels >= kSerialBelow)
  for (int64_t t = 0; t < l.batch * tiles; ++t) {
    const int64_t pixel = t % tiles * Tile::kPixels, at = l.at(t / tiles, pixel), pixels = std::min(Tile::kPixels, l.pixels - pixel);
    Tile tile(r, l, scratch + omp_get_thread_num() * room);
    if (dy == nullptr) {
      tile.forward(x + at, to + at, pixels);
    } else {
      tile.backward(x + at, dy + at, to + at, pixels);
    }
  }
}

/** Forward for dy == null, else backward; both read x. */
template <bool kUsual>
void across_channels(Context& context, const Response& r, const ChannelLayout& l, const float* x, const float* dy, float* to) {
  context.enter();
  const bool parallel = l.batch * l.channels * l.pixels >= kSerialBelow;
  if (l.block == 1) {
    const int64_t tiles = (l.pixels + kPixels - 1) / kPixels, room = 2 * l.channels * kPixels;
    float* scratch = context.host_scratch(room * context.threads());
#pragma omp parallel for schedule(static) if (parallel)
    for (int64_t t = 0; t < l.batch * tiles; ++t) {
      const int64_t pixel = t % tiles * kPixels, at = l.at(t / tiles, pixel), width = std::min(kPixels, l.pixels - pixel);
      float* own = scratch + omp_get_thread_num() * room;
      if (dy == nullptr) {
        forward_pixels<kUsual>(r, x + at, to + at, l.channels, l.block_stride, width, own);
      } else {
        backward_pixels<kUsual>(r, x + at, dy + at, to + at, l.channels, l.block_stride, width, own);
      }
    }
    return;
  }
  if (r.half == 2 && r.k > 0 && l.channels % l.block == 0 && l.pixel_stride == l.block) {
    if (l.block == 16) return across_blocks<kUsual, 16>(context, r, l, x, dy, to);
    if (l.block == 8) return across_blocks<kUsual, 8>(context, r, l, x, dy, to);
  }
  const int64_t room = PixelRow::floats(l.channels, r.half);
  float* scratch = context.host_scratch(room * context.threads());
#pragma omp parallel for schedule(static) if (parallel)
  for (int64_t p = 0; p < l.batch * l.pixels; ++p) {
    const int64_t at = l.at(p / l.pixels, p % l.pixels);
    PixelRow row(scratch + omp_get_thread_num() * room, l.channels, r.half);
    if (dy == nullptr) {
      forward_row<kUsual>(r, l, x + at, to + at, row);
    } else {
      backward_row<kUsual>(r, l, x + at, dy + at, to + at, row);
    }
  }
}

/** sums[h][w] = sum of values in the window of 2 * half + 1 points a side centred there, cut off at the edges. */
void box_sums(const float* values, float* sums, int64_t height, int64_t width, int64_t half, double* columns) {
  std::fill(columns, columns + width, 0.0);
  const auto add_row = [&](int64_t h, double sign) {
    for (int64_t w = 0; w < width; ++w) columns[w] += sign * double(values[h * width + w]);
  };
  for (int64_t h = 0; h < std::min(half, height); ++h) add_row(h, 1);
  for (int64_t h = 0; h < height; ++h) {
    if (h + half < height) add_row(h + half, 1);
    if (h - half - 1 >= 0) add_row(h - half - 1, -1);
    double sum = 0;
    for (int64_t w = 0; w < std::min(half, width); ++w) sum += columns[w];
    for (int64_t w = 0; w < width; ++w) {
      if (w + half < width) sum += columns[w + half];
      if (w - half - 1 >= 0) sum -= columns[w - half - 1];
      sums[h * width + w] = float(sum);
    }
  }
}

/** Forward for dy == null, else backward, over row-major planes. */
template <bool kUsual>
void within_channel(Context& context, const Response& r, int64_t planes, int64_t height, int64_t width, const float* x, const float* dy,
                    float* to) {
  const int64_t plane = height * width, room = 3 * plane + 2 * width;
  context.enter();
  float* scratch = context.host_scratch(room * context.threads() + 1);
#pragma omp parallel for schedule(static) if (planes * plane >= kSerialBelow)
  for (int64_t p = 0; p < planes; ++p) {
    double* columns = reinterpret_cast<double*>(scratch) + omp_get_thread_num() * width;
    float* values = scratch + 2 * width * context.threads() + omp_get_thread_num() * 3 * plane;
    float *sums = values + plane, *powers = sums + plane;
    const float* from = x + p * plane;
    float* out = to + p * plane;
#pragma omp simd
    for (int64_t i = 0; i < plane; ++i) values[i] = from[i] * from[i];
    box_sums(values, sums, height, width, r.half, columns);
    if (dy == nullptr) {
#pragma omp simd
      for (int64_t i = 0; i < plane; ++i) out[i] = from[i] * power<kUsual>(r.scale(sums[i]), r.beta);
      continue;
    }
    const float* gradient = dy + p * plane;
#pragma omp simd
    for (int64_t i = 0; i < plane; ++i) {
      const float scale = r.scale(sums[i]);
      powers[i] = power<kUsual>(scale, r.beta);
      values[i] = gradient[i] * from[i] * powers[i] / scale;
    }
    box_sums(values, sums, height, width, r.half, columns);
#pragma omp simd
    for (int64_t i = 0; i < plane; ++i) out[i] = gradient[i] * powers[i] - r.slope() * from[i] * sums[i];
  }
}

/** Forward for dy == null, else backward, on a GPU. */
void run_on_gpu(Context& context, int engine, const CudnnLrn& lrn, const Response& r, Tensor& x, Tensor* dy, Tensor& to) {
  const int64_t n = x.count();
  const float *from = x.device_read(), *gradient = dy == nullptr ? nullptr : dy->device_read();
  float* out = to.device_overwrite();
  if (GpuCudnn* cudnn = cudnn_for(context, engine)) {
    if (dy == nullptr ? cudnn->lrn_forward(lrn, from, out) : cudnn->lrn_backward(lrn, from, gradient, out)) return;
  }
  const LrnWindow window{lrn.channels, lrn.height, lrn.width, r.half, lrn.across};
  float* scale = context.scratch(2 * n);
  launch(context, n, LrnScale{window, r, from, scale});
  if (dy == nullptr) return launch(context, n, LrnForward{r, from, scale, out});
  float* ratio = scale + n;
  launch(context, n, LrnRatio{r, from, gradient, scale, ratio});
  launch(context, n, LrnBackward{window, r, from, gradient, scale, ratio, out});
}

/** `like` decides the layout; dy is null for forward. */
void run(int region, int64_t size, float alpha, float beta, float k, int engine, Tensor& like, Tensor& x, Tensor* dy, Tensor& to) {
  require(region == LRN_ACROSS_CHANNELS || region == LRN_WITHIN_CHANNEL, ErrorKind::INVALID, "unknown region ", region);
  require(size > 0 && size % 2 == 1, ErrorKind::INVALID, "LRN only supports odd values for local_size, got ", size);
  const Dims& dims = x.dims();
  require(dims.size() == 4 && to.dims() == dims && like.dims() == dims, ErrorKind::SHAPE, "LRN takes N x C x H x W and gives the same, got ",
          shape_string(dims), " and ", shape_string(to.dims()));
  if (x.count() == 0) return;
  Context& context = x.context();
  const bool usual = beta == 0.75f;
  const CudnnLrn lrn{dims[0], dims[1], dims[2], dims[3], region == LRN_ACROSS_CHANNELS, size, alpha, beta, k};
  if (region == LRN_WITHIN_CHANNEL) {
    const Response r{std::min(size / 2, std::max(dims[2], dims[3])), alpha / (float(size) * float(size)), beta, k};
    if (context.gpu() != nullptr) return run_on_gpu(context, engine, lrn, r, x, dy, to);
    const float *from = x.read(), *gradient = dy == nullptr ? nullptr : dy->read();
    (usual ? within_channel<true> : within_channel<false>)(context, r, dims[0] * dims[1], dims[2], dims[3], from, gradient, to.overwrite());
    return;
  }
  const Response r{std::min(size / 2, dims[1]), alpha / float(size), beta, k};
  if (context.gpu() != nullptr) return run_on_gpu(context, engine, lrn, r, x, dy, to);
  dnnl::memory::desc layout = like.layout();
  ChannelLayout l;
  if (!ChannelLayout::of(layout, l)) {
    layout = like.plain_layout();
    ChannelLayout::of(layout, l);
  }
  const float *from = values_as(x, layout), *gradient = dy == nullptr ? nullptr : values_as(*dy, layout);
  (usual ? across_channels<true> : across_channels<false>)(context, r, l, from, gradient, overwrite_values_as(to, layout));
}

}  // namespace

void lrn_across_channels(Context& context, const dnnl::memory::desc& layout, const float* x, float* y, int64_t size, float alpha, float beta,
                         float k) {
  ChannelLayout l;
  require(ChannelLayout::of(layout, l), ErrorKind::INTERNAL, "LRN does not know this layout");
  const Response r{std::min(size / 2, l.channels), alpha / float(size), beta, k};
  (beta == 0.75f ? across_channels<true> : across_channels<false>)(context, r, l, x, nullptr, y);
}

void lrn_forward(Tensor* bottom, Tensor* top, int region, int64_t size, float alpha, float beta, float k, int engine) {
  Tensor &x = deref(bottom, "bottom"), &y = deref(top, "top");
  run(region, size, alpha, beta, k, engine, x, x, nullptr, y);
}

void lrn_backward(Tensor* bottom, Tensor* top_diff, Tensor* bottom_diff, int region, int64_t size, float alpha, float beta, float k,
                  int engine) {
  Tensor &x = deref(bottom, "bottom"), &dy = deref(top_diff, "top diff"), &dx = deref(bottom_diff, "bottom diff");
  require_same_count(x, dy, "LRN's bottom and top diff");
  run(region, size, alpha, beta, k, engine, dy, x, &dy, dx);
}

}  // namespace caffe4j
