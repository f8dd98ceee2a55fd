#pragma once
#include <cstdint>

#include "context.h"

namespace caffe4j {

/**
 * C = alpha * op(A) * op(B) + beta * C, row-major without gaps: op(A) is M x K, op(B) K x N, C M x N, all where the context computes.
 * On the CPU OpenBLAS computes, one call a thread of ours, so that its own threads never compete with OpenMP's.
 */
void gemm(const Context& context, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, const float* b,
          float beta, float* c);

/** Products of as many matrices as `count`, which lie so many elements apart in memory; 0 for one that all of them share. */
struct MatrixBatch {
  int64_t count = 1, a = 0, b = 0, c = 0;
};

/** The same for a batch. */
void gemm(const Context& context, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, const float* b,
          float beta, float* c, const MatrixBatch& batch);

/** Multiply-adds of a product that OpenBLAS has done before a primitive of oneDNN has started. */
constexpr int64_t kSmallProduct = 32 * 1024;

/** y += the sums of the rows of A, or of its columns, on the host: A is m x n, row-major, of at most kSmallProduct elements. */
void add_sums(const Context& context, bool of_columns, int64_t m, int64_t n, const float* a, float* y);

}  // namespace caffe4j
