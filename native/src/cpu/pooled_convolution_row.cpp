#include "cpu/pooled_convolution_row.h"

#include <algorithm>

#include "cpu/direct_blocks.h"

namespace caffe4j {

namespace {

using Row = PooledConvolutionRow;

/** Vectors are passed by reference: those of 16 lanes have no registers outside of functions for AVX-512. */
template <int64_t kSize>
struct Vectors {
  typedef float Type __attribute__((vector_size(kSize * sizeof(float))));
};

template <class V>
[[gnu::always_inline]] inline void get(V& v, const float* from) {
  std::memcpy(&v, from, sizeof v);
}
template <class V>
[[gnu::always_inline]] inline void put(float* to, const V& v) {
  std::memcpy(to, &v, sizeof v);
}

/** acc[p][i] += sum over k of weights[i][k] * from[offsets[p] + k], of the pixels [kBegin, kEnd) of the block. */
template <int kBegin, int kEnd, class V, int kCount, int kVectors>
[[gnu::always_inline]] inline void add_products(V (&acc)[kCount][kVectors], const float* weights, int64_t vector, const float* from,
                                                const int64_t (&offsets)[kCount], int64_t length) {
  constexpr int64_t kSize = sizeof(V) / sizeof(float);
  for (int64_t k = 0; k < length; ++k, weights += kSize) {
    V w[kVectors];
#pragma GCC unroll 3
    for (int i = 0; i < kVectors; ++i) get(w[i], weights + i * vector);
#pragma GCC unroll 8
    for (int p = kBegin; p < kEnd; ++p) {
      const float value = from[offsets[p] + k];
#pragma GCC unroll 3
      for (int i = 0; i < kVectors; ++i) acc[p][i] += value * w[i];
    }
  }
}

/** Where the columns of the kernel meet the image, for a block of pixels. */
struct Columns {
  int64_t begin, end;  // the columns that no padding takes pixels from

  Columns(const ConvolutionSizes& c, int64_t ow, int64_t count)
      : begin(std::clamp<int64_t>(c.pad_w - ow * c.stride_w, 0, c.kernel_w)),
        end(std::min(c.kernel_w, c.width + c.pad_w - (ow + count - 1) * c.stride_w)) {}
};

/** Adds what of a row of the kernel meets a row of the image; `from` is where the block's first pixel has its first column. */
template <class V, int kCount, int kVectors>
[[gnu::always_inline]] inline void add_kernel_row(V (&acc)[kCount][kVectors], const ConvolutionSizes& c, const Columns& columns, int64_t channels,
                                                  const float* weights, int64_t vector, const float* image, int64_t from,
                                                  const int64_t (&offsets)[kCount]) {
  constexpr int64_t kSize = sizeof(V) / sizeof(float);
  const int64_t step = channels * kSize;
  for (int64_t kw = 0; kw < columns.begin; ++kw) {
    const float *w = weights + kw * step, *x = image + from + kw * channels;
    if (columns.begin - kw <= c.stride_w) {
      add_products<1, kCount>(acc, w, vector, x, offsets, channels);
    } else {
      add_products<2, kCount>(acc, w, vector, x, offsets, channels);
    }
  }
  add_products<0, kCount>(acc, weights + columns.begin * step, vector, image + from + columns.begin * channels, offsets,
                          (columns.end - columns.begin) * channels);
  for (int64_t kw = columns.end; kw < c.kernel_w; ++kw) {
    const float *w = weights + kw * step, *x = image + from + kw * channels;
    if (kw - columns.end < c.stride_w) {
      add_products<0, kCount - 1>(acc, w, vector, x, offsets, channels);
    } else {
      add_products<0, kCount - 2>(acc, w, vector, x, offsets, channels);
    }
  }
}

template <bool kMax, class V>
[[gnu::always_inline]] inline void pool(V& result, const V& value) {
  result = !kMax ? result + value : value > result ? value : result;
}

/** Takes the pixels [begin, end) of a row, `block` being those from `first` on, into the windows that hold them. */
template <bool kMax, class V, int kVectors>
[[gnu::always_inline]] inline void pool_block(const Row& r, const float* block, int64_t first, int64_t begin, int64_t end) {
  constexpr int64_t kSize = sizeof(V) / sizeof(float), kPixel = kVectors * kSize;
  const PoolingAxis axis = r.window.w;
  const int64_t last = axis.last_output(end - 1, r.pool_w);
  for (int64_t pw = axis.first_output(begin); pw <= last; ++pw) {
    const int64_t w0 = std::max(axis.start(pw), begin), w1 = std::min(axis.start(pw) + axis.kernel, end);
    if (w0 >= w1) continue;
#pragma GCC unroll 3
    for (int i = 0; i < kVectors; ++i) {
      const float* from = block + (w0 - first) * kPixel + i * kSize;
      V result;
      get(result, from);
      for (int64_t w = w0 + 1; w < w1; ++w) {
        V value;
        get(value, from += kPixel);
        pool<kMax>(result, value);
      }
      for (int64_t k = 0; k < r.windows; ++k) {
        float* to = r.to[k] + pw * r.pixel + i * kSize;
        V pooled;
        get(pooled, to);
        pool<kMax>(pooled, result);
        put(to, pooled);
      }
    }
  }
}

/** kCount neighbouring pixels of kVectors vectors of outputs stay in registers: as many as 16 of them hold, or 32. */
template <class V, int kCount, int kVectors>
[[gnu::always_inline]] inline void compute_row_of(const Row& r) {
  static_assert(kCount <= Row::kShortestPadded);
  constexpr int64_t kSize = sizeof(V) / sizeof(float), kPixel = kVectors * kSize;
  const ConvolutionSizes c = r.c;  // a copy, which no store can change
  const int64_t planes = c.planar ? c.channels : 1, channels = c.channels / planes;  // of a plane
  const int64_t plane = c.height * c.width * channels, pitch = c.width * channels, pixel = c.stride_w * channels;
  const int64_t kernel_row = c.kernel_w * channels * kSize, vector = planes * c.kernel_h * kernel_row;
  const int64_t top = r.row * c.stride_h - c.pad_h, kh0 = std::max<int64_t>(0, -top), kh1 = std::min(c.kernel_h, c.height - top);
  const int64_t count = std::min<int64_t>(kCount, c.out_w);
  int64_t offsets[kCount];
#pragma GCC unroll 8
  for (int p = 0; p < kCount; ++p) offsets[p] = std::min<int64_t>(p, count - 1) * pixel;
  for (int64_t done = 0; done < c.out_w;) {
    const int64_t ow = std::min(done, c.out_w - count);  // the last block computes some pixels again
    const Columns columns(c, ow, count);
    V acc[kCount][kVectors];
#pragma GCC unroll 8
    for (int p = 0; p < kCount; ++p) {
#pragma GCC unroll 3
      for (int i = 0; i < kVectors; ++i) get(acc[p][i], r.bias + i * kSize);
    }
    for (int64_t i = 0; i < planes; ++i) {
      for (int64_t kh = kh0; kh < kh1; ++kh) {
        add_kernel_row(acc, c, columns, channels, r.weights + (i * c.kernel_h + kh) * kernel_row, vector, r.image,
                       i * plane + (top + kh) * pitch + ow * pixel - c.pad_w * channels, offsets);
      }
    }
    alignas(64) float block[kCount * kPixel];
#pragma GCC unroll 8
    for (int p = 0; p < kCount; ++p) {
#pragma GCC unroll 3
      for (int i = 0; i < kVectors; ++i) {
        V& value = acc[p][i];
        if (r.slope != 1) value = value > 0 ? value : value * r.slope;
        put(block + p * kPixel + i * kSize, value);
      }
    }
    if (r.max) {
      pool_block<true, V, kVectors>(r, block, ow, done, ow + count);
    } else {
      pool_block<false, V, kVectors>(r, block, ow, done, ow + count);
    }
    done = ow + count;
  }
}

#if defined(__x86_64__)
template <int kVectors>
void compute_row(const Row& row) {
  compute_row_of<Vectors<8>::Type, 4, kVectors>(row);
}
template <int kVectors>
C4J_32_REGISTERS void compute_long_row(const Row& row) {
  compute_row_of<Vectors<8>::Type, 8, kVectors>(row);
}
template <int kVectors>
C4J_32_REGISTERS void compute_wide_row(const Row& row) {
  compute_row_of<Vectors<16>::Type, 8, kVectors>(row);
}
#else
template <int kVectors>
void compute_row(const Row& row) {
  compute_row_of<Vectors<4>::Type, 8, kVectors>(row);
}
#endif

}  // namespace

int64_t Row::lanes(int64_t outputs) {
#if defined(__x86_64__)
  return direct::has_32_registers() && outputs % 16 == 0 ? 16 : 8;
#else
  (void)outputs;
  return 4;
#endif
}

void Row::compute(int64_t lanes, int64_t vectors) const {
  using Function = void (*)(const Row&);
  static constexpr Function kRows[] = {compute_row<1>, compute_row<2>, compute_row<3>};
  const Function* rows = kRows;
#if defined(__x86_64__)
  static constexpr Function kLong[] = {compute_long_row<1>, compute_long_row<2>, compute_long_row<3>};
  static constexpr Function kWide[] = {compute_wide_row<1>, compute_wide_row<2>, compute_wide_row<3>};
  if (direct::has_32_registers()) rows = lanes == 16 ? kWide : kLong;
#else
  (void)lanes;
#endif
  rows[vectors - 1](*this);
}

}  // namespace caffe4j
