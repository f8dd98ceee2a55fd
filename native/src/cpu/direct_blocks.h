#pragma once
// Vectors of floats for loops that are written once for all processors, and the inner loops of convolution_direct.cpp: small blocks of results
// that stay in registers while all products for them are added up.
#include <cstdint>
#include <cstring>

#include "processor.h"

namespace caffe4j::direct {

/** Floats that are worked on together; in convolution_direct.cpp output positions that are neighbours in a row. */
constexpr int64_t kLanes = 8;
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float))));

inline Lanes load(const float* from) {
  Lanes v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

inline void store(float* to, Lanes v) { std::memcpy(to, &v, sizeof v); }

/** Pairwise: in order, each addition would wait for the one before. */
inline float sum(Lanes v) {
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

/** Vectors that a processor's registers hold: 16 with AVX2 and NEON, 32 with AVX-512VL, where the same loops take larger blocks. */
#if defined(__x86_64__)
#define C4J_32_REGISTERS __attribute__((target("avx512f,avx512vl")))
inline bool has_32_registers() {
  static const bool has = processor_has(dnnl::cpu_isa::avx512_core);
  return has;
}
#else
#define C4J_32_REGISTERS
inline bool has_32_registers() { return false; }
#endif

/** y[m][r] = bias[m] + sum over k of weights[k][m] * x[r][offsets[k]], for kRows x kVectors vectors; y's rows are `stride` apart, `rows` are kept. */
template <int kRows, int kVectors>
[[gnu::always_inline]] inline void products_of(const float* weights, const float* bias, const int64_t* offsets, int64_t depth,
                                               const float* const* x, float* y, const int64_t* places, int64_t stride, int64_t rows) {
  Lanes acc[kRows][kVectors];
#pragma GCC unroll 8
  for (int m = 0; m < kRows; ++m) {
#pragma GCC unroll 4
    for (int r = 0; r < kVectors; ++r) acc[m][r] = Lanes{} + (bias == nullptr ? 0.f : bias[m]);
  }
  for (int64_t k = 0; k < depth; ++k) {
    Lanes v[kVectors];
#pragma GCC unroll 4
    for (int r = 0; r < kVectors; ++r) v[r] = load(x[r] + offsets[k]);
#pragma GCC unroll 8
    for (int m = 0; m < kRows; ++m) {
      const float w = weights[k * kRows + m];
#pragma GCC unroll 4
      for (int r = 0; r < kVectors; ++r) acc[m][r] += w * v[r];
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < kRows; ++m) {
    if (m >= rows) break;
#pragma GCC unroll 4
    for (int r = 0; r < kVectors; ++r) store(y + m * stride + places[r], acc[m][r]);
  }
}

/**
 * dw[m][j] += sum over v of dy[m][v] * x[v][j .. j + lanes): gradients of kWidth neighbouring weights for kRows outputs, over `count`
 * vectors. dy's rows are `dy_stride` apart; dw's `dw_stride`; `rows` of them are kept.
 */
template <int kRows, int kWidth>
[[gnu::always_inline]] inline void gradients_of(const float* dy, int64_t dy_stride, const float* x, const int64_t* places, int64_t images,
                                                int64_t dy_image, int64_t x_image, int64_t count, float* dw, int64_t dw_stride, int64_t rows) {
  Lanes acc[kRows][kWidth] = {};
  for (int64_t n = 0; n < images; ++n) {
    const float *from = dy + n * dy_image, *image = x + n * x_image;
    for (int64_t v = 0; v < count; ++v) {
      Lanes d[kRows];
#pragma GCC unroll 6
      for (int m = 0; m < kRows; ++m) d[m] = load(from + m * dy_stride + v * kLanes);
#pragma GCC unroll 6
      for (int j = 0; j < kWidth; ++j) {
        const Lanes value = load(image + places[v] + j);
#pragma GCC unroll 6
        for (int m = 0; m < kRows; ++m) acc[m][j] += d[m] * value;
      }
    }
  }
#pragma GCC unroll 6
  for (int m = 0; m < kRows; ++m) {
    if (m >= rows) break;
#pragma GCC unroll 6
    for (int j = 0; j < kWidth; ++j) dw[m * dw_stride + j] += sum(acc[m][j]);
  }
}

/** products_of and gradients_of for blocks that 16 registers hold, and for those that take 32. */
template <int kRows, int kVectors, class... Args>
void products(Args... args) {
  products_of<kRows, kVectors>(args...);
}
template <int kRows, int kVectors, class... Args>
C4J_32_REGISTERS void wide_products(Args... args) {
  products_of<kRows, kVectors>(args...);
}
template <int kRows, int kWidth, class... Args>
void gradients(Args... args) {
  gradients_of<kRows, kWidth>(args...);
}
template <int kRows, int kWidth, class... Args>
C4J_32_REGISTERS void wide_gradients(Args... args) {
  gradients_of<kRows, kWidth>(args...);
}

}  // namespace caffe4j::direct
