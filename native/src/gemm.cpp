#include "gemm.h"

#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "error.h"

namespace caffe4j {

namespace {
/** Multiply-adds below which starting a team costs more than it gains. */
constexpr double kSerialBelow = 64 * 64 * 64;
/** Parts start at multiples of this, so that no kernel of OpenBLAS gets a ragged edge for it. */
constexpr int64_t kGrain = 16;

struct Part {
  int64_t begin, end;
};

Part part_of(int64_t total, int parts, int index) {
  const int64_t grains = (total + kGrain - 1) / kGrain;
  return {std::min(total, grains * index / parts * kGrain), std::min(total, grains * (index + 1) / parts * kGrain)};
}

int blas_int(int64_t value) {
  require(value <= std::numeric_limits<int>::max(), ErrorKind::SHAPE, "a matrix dimension of ", value, " is more than BLAS takes");
  return int(value);
}
}  // namespace

void gemm(const Context& context, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, const float* b,
          float beta, float* c) {
  if (m == 0 || n == 0) return;
  if (Gpu* gpu = context.gpu()) return gpu->gemm(trans_a, trans_b, m, n, k, alpha, a, b, beta, c, {});
  const int lda = blas_int(std::max<int64_t>(1, trans_a ? m : k));
  const int ldb = blas_int(std::max<int64_t>(1, trans_b ? k : n));
  const int ldc = blas_int(n), depth = blas_int(k);
  blas_int(m);
  const auto multiply = [&](Part rows, Part columns) {
    if (rows.begin == rows.end || columns.begin == columns.end) return;
    cblas_sgemm(CblasRowMajor, trans_a ? CblasTrans : CblasNoTrans, trans_b ? CblasTrans : CblasNoTrans, int(rows.end - rows.begin),
                int(columns.end - columns.begin), depth, alpha, a + (trans_a ? rows.begin : rows.begin * k), lda,
                b + (trans_b ? columns.begin * k : columns.begin), ldb, beta, c + rows.begin * n + columns.begin, ldc);
  };
  context.enter();
  const int threads = context.threads();
  if (threads == 1 || double(m) * double(n) * double(k) < kSerialBelow || omp_in_parallel()) {
    multiply({0, m}, {0, n});
    return;
  }
  const bool by_rows = m >= n;
#pragma omp parallel num_threads(threads)
  {
    const int team = omp_get_num_threads(), index = omp_get_thread_num();
    multiply(by_rows ? part_of(m, team, index) : Part{0, m}, by_rows ? Part{0, n} : part_of(n, team, index));
  }
}

void gemm(const Context& context, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, const float* b,
          float beta, float* c, const MatrixBatch& batch) {
  if (m == 0 || n == 0) return;
  if (Gpu* gpu = context.gpu()) return gpu->gemm(trans_a, trans_b, m, n, k, alpha, a, b, beta, c, batch);
  for (int64_t i = 0; i < batch.count; ++i) {
    gemm(context, trans_a, trans_b, m, n, k, alpha, a + i * batch.a, b + i * batch.b, beta, c + i * batch.c);
  }
}

void add_sums(const Context& context, bool of_columns, int64_t m, int64_t n, const float* a, float* y) {
  static const std::vector<float> ones(kSmallProduct, 1.0f);
  require(m * n <= kSmallProduct, ErrorKind::INTERNAL, "a matrix of ", m, " x ", n, " is too large for one call");
  context.enter();
  cblas_sgemv(CblasRowMajor, of_columns ? CblasTrans : CblasNoTrans, int(m), int(n), 1, a, int(n), ones.data(), 1, 1, y, 1);
}

}  // namespace caffe4j
