// LRN within channels over values with channels last: every step is a loop over the channels of a pixel.
#include <omp.h>

#include <algorithm>

#include "caffe4j/lrn.h"
#include "kernels/lrn.h"
#include "launch.h"
#include "lrn.h"
#include "lrn_blocks.h"

namespace caffe4j {

namespace {

template <bool kUsual>
void run(Context& context, const Response& r, const Dims& dims, const float* x, float* y) {
  const int64_t channels = dims[1], height = dims[2], width = dims[3], row = width * channels, rows = dims[0] * height;
  context.enter();
  float* scratch = context.host_scratch((row + channels) * context.threads());
#pragma omp parallel for schedule(static) if (rows * row >= kSerialBelow)
  for (int64_t i = 0; i < rows; ++i) {
    float *columns = scratch + (row + channels) * omp_get_thread_num(), *sums = columns + row;
    const int64_t h = i % height;
    std::fill(columns, columns + row, 0.f);
    for (int64_t near = std::max<int64_t>(h - r.half, 0); near <= std::min(h + r.half, height - 1); ++near) {
      const float* from = x + (i - h + near) * row;
#pragma omp simd
      for (int64_t k = 0; k < row; ++k) columns[k] += from[k] * from[k];
    }
    for (int64_t w = 0; w < width; ++w) {
      std::fill(sums, sums + channels, 0.f);
      for (int64_t near = std::max<int64_t>(w - r.half, 0); near <= std::min(w + r.half, width - 1); ++near) {
#pragma omp simd
        for (int64_t c = 0; c < channels; ++c) sums[c] += columns[near * channels + c];
      }
      const float* from = x + i * row + w * channels;
      float* to = y + i * row + w * channels;
#pragma omp simd
      for (int64_t c = 0; c < channels; ++c) to[c] = from[c] * power<kUsual>(r.scale(sums[c]), r.beta);
    }
  }
}

}  // namespace

void lrn_within_channel(Context& context, const Dims& dims, const float* x, float* y, int64_t size, float alpha, float beta, float k) {
  const Response r{std::min(size / 2, std::max(dims[2], dims[3])), alpha / (float(size) * float(size)), beta, k};
  (beta == 0.75f ? run<true> : run<false>)(context, r, dims, x, y);
}

}  // namespace caffe4j
