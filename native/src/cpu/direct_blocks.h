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

/** The sum of whole vectors. */
inline float sum_of(const float* x, int64_t count) {
  Lanes sums[2] = {};
  int64_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    sums[0] += load(x + i);
    sums[1] += load(x + i + kLanes);
  }
  if (i < count) sums[0] += load(x + i);
  return sum(sums[0] + sums[1]);
}

/** A vector of another number of floats. Functions that take or return 64 bytes by value would have to be compiled for AVX-512. */
template <int kCount>
struct VectorOf {
  typedef float Type __attribute__((vector_size(kCount * sizeof(float))));
  typedef int32_t Order __attribute__((vector_size(kCount * sizeof(int32_t))));
};

/** to[i] = the sum of v[i]'s lanes. */
[[gnu::always_inline]] inline void add_lanes(const Lanes (&v)[kLanes], float* to) {
  using Order = VectorOf<kLanes>::Order;
  Lanes pairs[4], fours[2];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const Lanes a = v[2 * i], b = v[2 * i + 1];
    pairs[i] = __builtin_shuffle(a, b, Order{0, 8, 1, 9, 4, 12, 5, 13}) + __builtin_shuffle(a, b, Order{2, 10, 3, 11, 6, 14, 7, 15});
  }
#pragma GCC unroll 2
  for (int i = 0; i < 2; ++i) {
    const Lanes a = pairs[2 * i], b = pairs[2 * i + 1];
    fours[i] = __builtin_shuffle(a, b, Order{0, 1, 8, 9, 4, 5, 12, 13}) + __builtin_shuffle(a, b, Order{2, 3, 10, 11, 6, 7, 14, 15});
  }
  store(to, __builtin_shuffle(fours[0], fours[1], Order{0, 1, 2, 3, 8, 9, 10, 11}) +
                __builtin_shuffle(fours[0], fours[1], Order{4, 5, 6, 7, 12, 13, 14, 15}));
}

/** Vectors that a processor's registers hold: 16 of 8 floats with AVX2 and NEON, 32 of 16 with AVX-512, where the same loops take larger blocks. */
constexpr int kWideLanes = 16;
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

/** Keeps a vector from being an operand in memory. */
#if defined(__x86_64__)
#define C4J_IN_REGISTER(vector) __asm__("" : "+v"(vector))
#else
#define C4J_IN_REGISTER(vector)
#endif

/** Where a block of products is written: row m's values from y[places[m]] on. */
struct Target {
  float* y;
  const int64_t* places;
  int64_t rows;  // that are kept
  bool add;      // to what is there
};

/** y[m][v] = bias[m] + sum over k of weights[k][m] * x[offsets[k] + v], for kRows rows x kVectors neighbouring vectors. */
template <int kLanesOf, int kRows, int kVectors>
[[gnu::always_inline]] inline void products_of(const float* weights, const float* bias, const int64_t* offsets, int64_t depth, const float* x,
                                               const Target& to) {
  using Vector = typename VectorOf<kLanesOf>::Type;
  Vector acc[kRows][kVectors];
#pragma GCC unroll 8
  for (int m = 0; m < kRows; ++m) {
#pragma GCC unroll 4
    for (int r = 0; r < kVectors; ++r) acc[m][r] = Vector{} + (bias == nullptr ? 0.f : bias[m]);
  }
  for (int64_t k = 0; k < depth; ++k) {
    Vector v[kVectors];
#pragma GCC unroll 4
    for (int r = 0; r < kVectors; ++r) std::memcpy(&v[r], x + offsets[k] + r * kLanesOf, sizeof(Vector));
#pragma GCC unroll 8
    for (int m = 0; m < kRows; ++m) {
      const float w = weights[k * kRows + m];
#pragma GCC unroll 4
      for (int r = 0; r < kVectors; ++r) acc[m][r] += w * v[r];
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < kRows; ++m) {
    if (m >= to.rows) break;
#pragma GCC unroll 4
    for (int r = 0; r < kVectors; ++r) {
      float* at = to.y + to.places[m] + r * kLanesOf;
      if (to.add) {
        Vector before;
        std::memcpy(&before, at, sizeof before);
        acc[m][r] += before;
      }
      std::memcpy(at, &acc[m][r], sizeof(Vector));
    }
  }
}

/** Values of several images: planes of `count` vectors, `plane` floats apart, images `image` floats apart. */
struct Planes {
  const float* values;
  int64_t plane, image;
};

/** dw[m][j] += sum over images and v of dy[m][v] * x[j][v]: gradients of kWidth neighbouring weights for kRows outputs, of which `rows` are kept. */
template <int kLanesOf, int kRows, int kWidth>
[[gnu::always_inline]] inline void gradients_of(const Planes& dy, const Planes& x, int64_t images, int64_t count, float* dw, int64_t dw_stride,
                                                int64_t rows) {
  using Vector = typename VectorOf<kLanesOf>::Type;
  Vector acc[kRows][kWidth] = {};
  for (int64_t n = 0; n < images; ++n) {
    const float *from = dy.values + n * dy.image, *image = x.values + n * x.image;
    for (int64_t v = 0; v < count; ++v, from += kLanesOf, image += kLanesOf) {
      Vector d[kRows];
#pragma GCC unroll 6
      for (int m = 0; m < kRows; ++m) std::memcpy(&d[m], from + m * dy.plane, sizeof(Vector));
#pragma GCC unroll 6
      for (int j = 0; j < kWidth; ++j) {
        Vector value;
        std::memcpy(&value, image + j * x.plane, sizeof value);
        C4J_IN_REGISTER(value);  // else gcc loads it again for each of the products
#pragma GCC unroll 6
        for (int m = 0; m < kRows; ++m) acc[m][j] += d[m] * value;
      }
    }
  }
  constexpr int kSums = kRows * kWidth;
  float sums[(kSums + kLanes - 1) / kLanes * kLanes];
#pragma GCC unroll 5
  for (int i = 0; i < kSums; i += kLanes) {
    Lanes parts[kLanes] = {};
#pragma GCC unroll 8
    for (int j = 0; j < kLanes; ++j) {
      if (i + j >= kSums) continue;
      Vector v = acc[(i + j) / kWidth][(i + j) % kWidth];
      if constexpr (kLanesOf == kWideLanes) {
        v += __builtin_shuffle(v, typename VectorOf<kLanesOf>::Order{8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7});
      }
      std::memcpy(&parts[j], &v, sizeof(Lanes));
    }
    add_lanes(parts, sums + i);
  }
  for (int m = 0; m < kRows && m < rows; ++m) {
    for (int j = 0; j < kWidth; ++j) dw[m * dw_stride + j] += sums[m * kWidth + j];
  }
}

/** products_of and gradients_of for registers of kLanes floats, and of kWideLanes. */
template <int kRows, int kVectors, class... Args>
void products(const Args&... args) {
  products_of<kLanes, kRows, kVectors>(args...);
}
template <int kRows, int kVectors, class... Args>
C4J_32_REGISTERS void wide_products(const Args&... args) {
  products_of<kWideLanes, kRows, kVectors>(args...);
}
template <int kRows, int kWidth, class... Args>
void gradients(const Args&... args) {
  gradients_of<kLanes, kRows, kWidth>(args...);
}
template <int kRows, int kWidth, class... Args>
C4J_32_REGISTERS void wide_gradients(const Args&... args) {
  gradients_of<kWideLanes, kRows, kWidth>(args...);
}

}  // namespace caffe4j::direct
