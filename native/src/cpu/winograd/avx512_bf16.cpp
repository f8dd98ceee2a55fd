// The inner loops for bf16, compiled for AVX-512 with BF16 and VNNI; see CMakeLists.txt.
//
// Inputs and weights are transformed as floats and rounded to integers of 16 bits, whose products are summed up exactly. A tile has one scale for
// the inputs of a group of channels, an output one for the weights of each product. That loses less than the rounding of inputs, weights and
// results to bf16 does anyway.
#include "cpu/winograd/kernels.h"

#if defined(__x86_64__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12's own
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

namespace caffe4j::winograd {

namespace {
constexpr int kLanes = 16, kVectors = 2, kRows = 14;  // 32 registers
}

#include "cpu/winograd/transforms.inc"

namespace {

/** Channels whose products are summed up in integers. */
constexpr int64_t kGroup = 64;
/**
 * The largest integers that an input and a weight become, and that weights of a group may be in sum: no sum of products leaves 32 bits, half a
 * step for each weight, and the rounding of floats, included.
 */
constexpr int64_t kInputs = (1 << 14) - 1, kWeights = (1 << 15) - 2, kWeightsInSum = INT32_MAX / kInputs - kGroup;
constexpr int64_t kScales = kProducts;  // the plane of tiles' scales
/** A largest value below this, whose reciprocal might be none, counts as zero. */
constexpr float kTiny = 1e-30f;

template <>
struct InMemory<Bf16> {
  static Vector get(const Bf16* from, int64_t lanes) {
    const __m256i bits = lanes == kLanes ? _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)) : _mm256_maskz_loadu_epi16(first(lanes), from);
    return Vector(_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16)));
  }
  static void put(Bf16* to, Vector v, int64_t lanes) {
    const __m256i bits = __m256i(_mm512_cvtneps_pbh(__m512(v)));
    if (lanes == kLanes) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bits);
    } else {
      _mm256_mask_storeu_epi16(to, first(lanes), bits);
    }
  }

 private:
  static __mmask16 first(int64_t lanes) { return __mmask16((1u << lanes) - 1); }
};

inline __m512i magnitude(Vector v) { return _mm512_and_si512(_mm512_castps_si512(__m512(v)), _mm512_set1_epi32(INT32_MAX)); }

/** The larger ones of two vectors' magnitudes; what is no number is larger than all numbers. */
inline Vector larger(Vector a, Vector b) { return Vector(_mm512_castsi512_ps(_mm512_max_epu32(magnitude(a), magnitude(b)))); }

inline __m512i rounded(Vector v) { return _mm512_cvtps_epi32(__m512(v)); }

/** A tile's part of an image. */
struct Patch {
  int64_t first_row, end_row, first_column, end_column;  // of the tile's, those that the image has

  Patch(const Image& in, int64_t top, int64_t left)
      : first_row(begin(top)), end_row(end(top, in.height)), first_column(begin(left)), end_column(end(left, in.width)) {}
  bool is_whole() const { return end_row - first_row == kIn && end_column - first_column == kIn; }

 private:
  static int64_t begin(int64_t at) { return at < 0 ? -at : 0; }
  static int64_t end(int64_t at, int64_t size) { return size - at < kIn ? size - at : kIn; }
};

/** Rounds the transformed inputs of a tile, in `vectors` vectors of channels, to integers. */
void round_inputs(const float* values, int64_t vectors, int16_t* v, int64_t v_plane) {
  // Compared as integers, in which what is no number is largest.
  __m512i largest = _mm512_setzero_si512();
  for (int64_t product = 0; product < kProducts; ++product) {
    for (int64_t n = 0; n < vectors; ++n) largest = _mm512_max_epu32(largest, magnitude(load(values + product * kGroup + n * kLanes)));
  }
  const float most = _mm_cvtss_f32(_mm_castsi128_ps(_mm_cvtsi32_si128(int(_mm512_reduce_max_epu32(largest)))));
  const float scale = most < kTiny ? 0 : most / float(kInputs), inverse = most < kTiny ? 0 : float(kInputs) / most;
  for (int64_t product = 0; product < kProducts; ++product) {
    for (int64_t n = 0; n < vectors; ++n) {
      const __m512i integers = rounded(load(values + product * kGroup + n * kLanes) * inverse);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(v + product * v_plane + n * kLanes), _mm512_cvtepi32_epi16(integers));
    }
  }
  __builtin_memcpy(v + kScales * v_plane, &scale, sizeof scale);
}

void transform_input(const Problem& p, const Bf16* x, int64_t first, int64_t tiles, int64_t first_group, int64_t end_group, int16_t* v,
                     int64_t v_plane, int64_t v_group) {
  const Image& in = p.in;
  const int64_t row = in.width * in.pixel_stride;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const Place place(p, first + tile);
    const int64_t top = place.row - p.pad_h, left = place.column - p.pad_w;
    const Patch patch(in, top, left);
    const Bf16* image = x + place.image * in.batch_stride + top * row + left * in.pixel_stride;
    alignas(64) float values[kProducts * kLanes], transformed[kProducts * kGroup];
    if (!patch.is_whole()) __builtin_memset(values, 0, sizeof values);
    for (int64_t group = first_group; group < end_group; ++group) {
      int64_t vectors = 0;
      for (; vectors < kGroup / kLanes && group * kGroup + vectors * kLanes < in.channels; ++vectors) {
        const int64_t channel = group * kGroup + vectors * kLanes, lanes = lanes_at(in, channel);
        const Bf16* from = image + channel_offset(in, channel);
        for (int64_t i = patch.first_row; i < patch.end_row; ++i) {
          for (int64_t j = patch.first_column; j < patch.end_column; ++j) {
            store(values + (i * kIn + j) * kLanes, InMemory<Bf16>::get(from + i * row + j * in.pixel_stride, lanes));
          }
        }
        transform_tile(values, kIn * kLanes, kLanes, transformed + vectors * kLanes, kGroup);
      }
      round_inputs(transformed, vectors, v + group * v_group + tile * kGroup, v_plane);
    }
  }
}

/** The filters of a vector of outputs over one channel, one side of which is transformed. */
struct HalfTransformed {
  HalfTransformed(const Filters& f, const Bf16* from, int64_t output, int64_t channel) {
    const Bf16* g = first_tap(f, from, output, channel);
    const auto at = [&](int tap) { return InMemory<Bf16>::get(g + tap * f.tap_stride, kLanes); };
#pragma GCC unroll 3
    for (int j = 0; j < 3; ++j) {
      const Vector side[3] = {at(j), at(3 + j), at(6 + j)};
      transform_filter_side(side, columns[j]);
    }
  }
  /** A row of the 36 transformed weights. */
  void row(int i, Vector (&t)[kIn]) const {
    const Vector side[3] = {columns[0][i], columns[1][i], columns[2][i]};
    transform_filter_side(side, t);
  }

  Vector columns[3][kIn];
};

void scale_weights(const Filters& f, const Bf16* from, int64_t channels, int64_t outputs, float* scales, int64_t scales_plane) {
  for (int64_t output = 0; output < outputs; output += kLanes) {
    Vector largest[kProducts] = {}, largest_sums[kProducts] = {};
    for (int64_t first = 0; first < channels; first += kGroup) {
      const int64_t end = first + kGroup < channels ? first + kGroup : channels;
      Vector sums[kProducts] = {};
      for (int64_t c = first; c < end; ++c) {
        const HalfTransformed filters(f, from, output, c);
        for (int i = 0; i < kIn; ++i) {
          Vector t[kIn];
          filters.row(i, t);
          for (int j = 0; j < kIn; ++j) {
            largest[i * kIn + j] = larger(largest[i * kIn + j], t[j]);
            sums[i * kIn + j] += larger(t[j], t[j]);
          }
        }
      }
      for (int product = 0; product < kProducts; ++product) largest_sums[product] = larger(largest_sums[product], sums[product]);
    }
    for (int product = 0; product < kProducts; ++product) {
      store(scales + product * scales_plane + output, larger(largest[product] / float(kWeights), largest_sums[product] / float(kWeightsInSum)));
    }
  }
}

void transform_weights(const Filters& f, const Bf16* from, int64_t first, int64_t channels, int64_t outputs, const float* scales,
                       int64_t scales_plane, int16_t* u, int64_t u_plane) {
  for (int64_t n = 0; n * kLanes < outputs; ++n) {
    Vector inverse[kProducts];
    for (int product = 0; product < kProducts; ++product) {
      const Vector scale = load(scales + product * scales_plane + n * kLanes);
      inverse[product] = scale < kTiny ? Vector{} : 1 / scale;
    }
    for (int64_t c = 0; c < channels; c += 2) {
      const bool alone = c + 1 == channels;
      const HalfTransformed even_filters(f, from, n * kLanes, first + c), odd_filters(f, from, n * kLanes, first + c + (alone ? 0 : 1));
      int16_t* to = u + c * kBlock + n * 2 * kLanes;
#pragma GCC unroll 6
      for (int i = 0; i < kIn; ++i) {
        Vector evens[kIn], odds[kIn];
        even_filters.row(i, evens);
        odd_filters.row(i, odds);
#pragma GCC unroll 6
        for (int j = 0; j < kIn; ++j) {
          const int product = i * kIn + j;
          const __m512i low = rounded(evens[j] * inverse[product]), high = _mm512_slli_epi32(rounded(odds[j] * inverse[product]), 16);
          const __m512i both = _mm512_mask_blend_epi16(0xAAAAAAAA, low, alone ? _mm512_setzero_si512() : high);
          _mm512_storeu_si512(to + product * u_plane, both);
        }
      }
    }
  }
}

/** What _mm512_dpwssd_epi32 does, for which g++ copies the sums to and fro. */
inline void add_pair_products(__m512i& sums, __m512i values, __m512i weights) { asm("vpdpwssd %2, %1, %0" : "+v"(sums) : "v"(values), "v"(weights)); }

/** m[r][0 .. n) (+)= v * u summed up over at most kGroup channels, times scales, for R tiles and n = N * lanes outputs. */
template <int R, int N>
void products(const int16_t* v, const int16_t* v_scales, const int16_t* u, const Vector* u_scales, int64_t channels, float* m, bool add) {
  __m512i sums[R][N];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) sums[r][n] = _mm512_setzero_si512();
  }
  for (int64_t c = 0; c < channels; c += 2, v += 2, u += 2 * kBlock) {
    __m512i weights[N];
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) weights[n] = _mm512_loadu_si512(u + n * 2 * kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      int pair;
      __builtin_memcpy(&pair, v + r * kGroup, sizeof pair);
      const __m512i values = _mm512_set1_epi32(pair);
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) add_pair_products(sums[r][n], values, weights[n]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    float scale;
    __builtin_memcpy(&scale, v_scales + r * kGroup, sizeof scale);
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) {
      float* to = m + r * kBlock + n * kLanes;
      const Vector result = Vector(_mm512_cvtepi32_ps(sums[r][n])) * (scale * u_scales[n]);
      store(to, add ? load(to) + result : result);
    }
  }
}

using Products = void (*)(const int16_t*, const int16_t*, const int16_t*, const Vector*, int64_t, float*, bool);

/** products<R, N> for R = 1 .. kRows. */
template <int N>
struct ProductsOf {
  Products of[kRows + 1];
  constexpr ProductsOf() : of() { fill<kRows>(); }

 private:
  template <int R>
  constexpr void fill() {
    of[R] = products<R, N>;
    if constexpr (R > 1) fill<R - 1>();
  }
};

template <int N>
void multiply_vectors(const int16_t* v, int64_t v_plane, int64_t v_group, const int16_t* u, int64_t u_plane, const float* scales,
                      int64_t scales_plane, int64_t channels, int64_t tiles, float* m, int64_t m_plane, bool add) {
  static constexpr ProductsOf<N> kProductsOf;
  const int64_t parts = (tiles + kRows - 1) / kRows;
  for (int64_t product = 0; product < kProducts; ++product) {
    Vector u_scales[N];
    for (int n = 0; n < N; ++n) u_scales[n] = load(scales + product * scales_plane + n * kLanes);
    for (int64_t part = 0; part < parts; ++part) {
      const int64_t begin = part * tiles / parts, count = (part + 1) * tiles / parts - begin;
      for (int64_t c = 0; c < channels; c += kGroup) {
        const int16_t* group = v + c / kGroup * v_group + begin * kGroup;
        kProductsOf.of[count](group + product * v_plane, group + kScales * v_plane, u + product * u_plane + c * kBlock, u_scales,
                              channels - c < kGroup ? channels - c : kGroup, m + product * m_plane + begin * kBlock, add || c > 0);
      }
    }
  }
}

void multiply(const int16_t* v, int64_t v_plane, int64_t v_group, const int16_t* u, int64_t u_plane, const float* scales, int64_t scales_plane,
              int64_t channels, int64_t tiles, int64_t outputs, float* m, int64_t m_plane, bool add) {
  if (outputs > (kVectors - 1) * kLanes) {
    multiply_vectors<kVectors>(v, v_plane, v_group, u, u_plane, scales, scales_plane, channels, tiles, m, m_plane, add);
    return;
  }
  for (int64_t n = 0; n * kLanes < outputs; ++n) {
    multiply_vectors<1>(v, v_plane, v_group, u + n * 2 * kLanes, u_plane, scales + n * kLanes, scales_plane, channels, tiles, m + n * kLanes,
                        m_plane, add);
  }
}

}  // namespace

const KernelsOf<Bf16> kAvx512Bf16{kLanes,   kGroup, int(kBlock), kRows, transform_input, scale_weights, transform_weights,
                                  multiply, transform_output<Bf16>, transform_output<float>};

}  // namespace caffe4j::winograd
#endif
