// Matrix products without cuBLAS: a block computes a tile of the result, of which a thread has kEach x kEach elements, from tiles of the
// operands in shared memory. For machines that have a GPU but not CUDA's libraries; cuBLAS is quicker.
#include "cuda/cuda_context.h"
#include "cuda/launch.cuh"

namespace caffe4j {

namespace {

constexpr int kTile = 64, kDepth = 16, kEach = 4, kSide = kTile / kEach;
static_assert(kSide * kSide == kBlock, "a thread has kEach x kEach elements");

/** op(A) or op(B): the element at (row, column) lies at row * row_step + column * column_step. */
struct Operand {
  const float* values;
  int64_t row_step, column_step;

  static __host__ __device__ Operand of(const float* values, bool transposed, int64_t rows, int64_t columns) {
    return transposed ? Operand{values, 1, rows} : Operand{values, columns, 1};
  }
  __device__ float at(int64_t row, int64_t column) const { return values[row * row_step + column * column_step]; }
};

/** c = alpha * a * b + beta * c, row-major m x n; c is not read for beta == 0. */
__global__ void __launch_bounds__(kBlock) multiply(Operand a, Operand b, int64_t m, int64_t n, int64_t k, float alpha, float beta, float* c) {
  __shared__ float tile_a[kDepth][kTile + 1], tile_b[kDepth][kTile + 1];  // the odd length keeps columns in different banks
  const int64_t tiles_across = (n + kTile - 1) / kTile, tiles = (m + kTile - 1) / kTile * tiles_across;
  const int y = int(threadIdx.x) / kSide, x = int(threadIdx.x) % kSide;
  for (int64_t t = blockIdx.x; t < tiles; t += gridDim.x) {
    const int64_t row = t / tiles_across * kTile, column = t % tiles_across * kTile;
    float sums[kEach][kEach] = {};
    for (int64_t p = 0; p < k; p += kDepth) {
      for (int i = int(threadIdx.x); i < kTile * kDepth; i += kBlock) {
        // Neighbouring threads read neighbouring values of A and B as they lie in memory.
        const int along_a = a.column_step == 1 ? i % kDepth : i / kTile, line_a = a.column_step == 1 ? i / kDepth : i % kTile;
        const int along_b = b.column_step == 1 ? i / kTile : i % kDepth, line_b = b.column_step == 1 ? i % kTile : i / kDepth;
        tile_a[along_a][line_a] = row + line_a < m && p + along_a < k ? a.at(row + line_a, p + along_a) : 0;
        tile_b[along_b][line_b] = column + line_b < n && p + along_b < k ? b.at(p + along_b, column + line_b) : 0;
      }
      __syncthreads();
      for (int d = 0; d < kDepth; ++d) {
        float rows[kEach], columns[kEach];
        for (int i = 0; i < kEach; ++i) {
          rows[i] = tile_a[d][y + i * kSide];
          columns[i] = tile_b[d][x + i * kSide];
        }
        for (int i = 0; i < kEach; ++i) {
          for (int j = 0; j < kEach; ++j) sums[i][j] += rows[i] * columns[j];
        }
      }
      __syncthreads();
    }
    for (int i = 0; i < kEach; ++i) {
      for (int j = 0; j < kEach; ++j) {
        const int64_t r = row + y + i * kSide, q = column + x + j * kSide;
        if (r >= m || q >= n) continue;
        float& to = c[r * n + q];
        to = beta == 0 ? alpha * sums[i][j] : alpha * sums[i][j] + beta * to;
      }
    }
  }
}

}  // namespace

void CudaContext::own_gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, const float* b, float beta,
                           float* c) {
  const int64_t tiles = (m + kTile - 1) / kTile * ((n + kTile - 1) / kTile);
  start(multiply, unsigned(std::min(tiles, kMaxGrid)), stream_, Operand::of(a, trans_a, m, k), Operand::of(b, trans_b, k, n), m, n, k, alpha, beta,
        c);
}

}  // namespace caffe4j
