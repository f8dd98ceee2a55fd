// What the processor can do at most, on all cores at once: multiply-adds from registers, and memory bandwidth. Prints
// "fma_gflops: G" (two operations a multiply-add), "read_gbs: R" and "triad_gbs: T" (12 bytes an element), best of several runs.
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

constexpr int kChains = 12;  // enough independent chains to hide the latency of a multiply-add, few enough for 16 registers

/** `rounds` multiply-adds on each of kChains vectors of kLanes floats. */
template <class Vector>
__attribute__((always_inline)) inline float multiply_add(int64_t rounds) {
  Vector a[kChains], x, y;
  for (int c = 0; c < kChains; ++c) a[c] = Vector{} + float(c) * 1e-3f;
  x = Vector{} + 0.999f;
  y = Vector{} + 1e-7f;
  for (int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
    for (int c = 0; c < kChains; ++c) a[c] = a[c] * x + y;
  }
  for (int c = 1; c < kChains; ++c) a[0] += a[c];
  return a[0][0];
}

typedef float Float4 __attribute__((vector_size(16)));
#if defined(__x86_64__)
typedef float Float8 __attribute__((vector_size(32)));
typedef float Float16 __attribute__((vector_size(64)));
__attribute__((target("avx512f"), noinline)) float multiply_add_512(int64_t rounds) { return multiply_add<Float16>(rounds); }
__attribute__((noinline)) float multiply_add_256(int64_t rounds) { return multiply_add<Float8>(rounds); }
#endif
__attribute__((noinline)) float multiply_add_128(int64_t rounds) { return multiply_add<Float4>(rounds); }

double peak_gflops(float (*kernel)(int64_t), int lanes) {
  constexpr int64_t kRounds = 20'000'000;
  double best = 0;
  volatile float sink = 0;
  for (int run = 0; run < 7; ++run) {
    int threads = 1;
    const double start = now();
#pragma omp parallel
    {
      const float result = kernel(kRounds);
      sink = sink + result;  // keeps the loop from being dropped
#pragma omp single
      threads = omp_get_num_threads();
    }
    best = std::max(best, 2.0 * kChains * lanes * kRounds * threads / (now() - start) / 1e9);
  }
  return best;
}

constexpr int64_t kBlock = 4096;

/** Sum of kBlock floats, in enough independent chains that memory and not the adder is waited for. */
float sum_of(const float* x) {
  constexpr int kSums = 64;
  float sums[kSums] = {};
  for (int64_t i = 0; i < kBlock; i += kSums) {
#pragma omp simd
    for (int s = 0; s < kSums; ++s) sums[s] += x[i + s];
  }
  float sum = 0;
  for (float s : sums) sum += s;
  return sum;
}

}  // namespace

int main() {
  double gflops = peak_gflops(multiply_add_128, 4);
#if defined(__x86_64__)
  gflops = std::max(gflops, peak_gflops(multiply_add_256, 8));
  if (__builtin_cpu_supports("avx512f")) gflops = std::max(gflops, peak_gflops(multiply_add_512, 16));
#endif
  constexpr int64_t kCount = int64_t(32) << 20;
  std::unique_ptr<float[]> a(new float[kCount]), b(new float[kCount]), c(new float[kCount]);
#pragma omp parallel for
  for (int64_t i = 0; i < kCount; ++i) {
    a[i] = 0;
    b[i] = 1;
    c[i] = 2;
  }
  double triad = 0, read = 0;
  volatile float sink = 0;
  for (int run = 0; run < 7; ++run) {
    double start = now();
#pragma omp parallel for simd
    for (int64_t i = 0; i < kCount; ++i) a[i] = b[i] + 3.f * c[i];
    triad = std::max(triad, 12.0 * kCount / (now() - start) / 1e9);
    start = now();
    float sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (int64_t block = 0; block < kCount; block += kBlock) sum += sum_of(b.get() + block);
    read = std::max(read, 4.0 * kCount / (now() - start) / 1e9);
    sink = sink + sum;
  }
  std::printf("threads: %d\nfma_gflops: %.1f\nread_gbs: %.1f\ntriad_gbs: %.1f\n", omp_get_max_threads(), gflops, read, triad);
  return 0;
}
