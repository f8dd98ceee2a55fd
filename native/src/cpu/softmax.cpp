#include "caffe4j/softmax.h"

#include "gpu_cudnn.h"
#include "kernels/vector_math.h"
#include "rows.h"

namespace caffe4j {

namespace {

/** One item whose channels are neighbours in memory. */
void softmax_row(const float* x, float* y, int64_t n) {
  float largest = x[0];
#pragma omp simd reduction(max : largest)
  for (int64_t c = 1; c < n; ++c) largest = largest < x[c] ? x[c] : largest;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t c = 0; c < n; ++c) {
    y[c] = vector_exp(x[c] - largest);
    sum += y[c];
  }
#pragma omp simd
  for (int64_t c = 0; c < n; ++c) y[c] /= sum;
}

/** `width` neighbouring items whose channels are `stride` apart. */
void softmax_tile(const float* x, float* y, int64_t channels, int64_t stride, int64_t width) {
  float largest[kTile], sum[kTile];
#pragma omp simd
  for (int64_t i = 0; i < width; ++i) {
    largest[i] = x[i];
    sum[i] = 0;
  }
  for (int64_t c = 1; c < channels; ++c) {
    const float* from = x + c * stride;
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) largest[i] = largest[i] < from[i] ? from[i] : largest[i];
  }
  for (int64_t c = 0; c < channels; ++c) {
    const float* from = x + c * stride;
    float* to = y + c * stride;
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) {
      const float e = vector_exp(from[i] - largest[i]);
      to[i] = e;
      sum[i] += e;
    }
  }
  for (int64_t c = 0; c < channels; ++c) {
    float* to = y + c * stride;
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) to[i] /= sum[i];
  }
}

void gradient_row(const float* y, const float* dy, float* dx, int64_t n) {
  float dot = 0;
#pragma omp simd reduction(+ : dot)
  for (int64_t c = 0; c < n; ++c) dot += dy[c] * y[c];
#pragma omp simd
  for (int64_t c = 0; c < n; ++c) dx[c] = (dy[c] - dot) * y[c];
}

void gradient_tile(const float* y, const float* dy, float* dx, int64_t channels, int64_t stride, int64_t width) {
  float dot[kTile] = {};
  for (int64_t c = 0; c < channels; ++c) {
    const int64_t at = c * stride;
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) dot[i] += dy[at + i] * y[at + i];
  }
  for (int64_t c = 0; c < channels; ++c) {
    const int64_t at = c * stride;
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) dx[at + i] = (dy[at + i] - dot[i]) * y[at + i];
  }
}

}  // namespace

void softmax_forward(Tensor* bottom, Tensor* top, int64_t outer, int64_t channels, int64_t inner, int engine) {
  Tensor &x = deref(bottom, "bottom"), &y = deref(top, "top");
  const Split3 s{outer, channels, inner};
  s.require_count(x, "softmax's bottom");
  s.require_count(y, "softmax's top");
  if (Gpu* gpu = x.context().gpu()) {
    const float* from = x.device_read();
    float* to = y.device_overwrite();
    GpuCudnn* cudnn = cudnn_for(x.context(), engine);
    if (cudnn != nullptr && cudnn->softmax_forward(from, to, outer, channels, inner)) return;
    return gpu->softmax_forward(from, to, outer, channels, inner);
  }
  const float* from = x.read();
  float* to = y.overwrite();
  for_tiles(x.context(), s, [=](int64_t first, int64_t width) {
    if (inner == 1) {
      softmax_row(from + first, to + first, channels);
    } else {
      softmax_tile(from + first, to + first, channels, inner, width);
    }
  });
}

void softmax_backward(Tensor* top, Tensor* top_diff, Tensor* bottom_diff, int64_t outer, int64_t channels, int64_t inner, int engine) {
  Tensor &y = deref(top, "top"), &dy = deref(top_diff, "top diff"), &dx = deref(bottom_diff, "bottom diff");
  const Split3 s{outer, channels, inner};
  s.require_count(y, "softmax's top");
  s.require_count(dy, "softmax's top diff");
  s.require_count(dx, "softmax's bottom diff");
  if (Gpu* gpu = y.context().gpu()) {
    const float *values = y.device_read(), *from = dy.device_read();
    float* to = dx.device_overwrite();
    GpuCudnn* cudnn = cudnn_for(y.context(), engine);
    if (cudnn != nullptr && cudnn->softmax_backward(values, from, to, outer, channels, inner)) return;
    return gpu->softmax_backward(values, from, to, outer, channels, inner);
  }
  const float *values = y.read(), *from = dy.read();
  float* to = dx.overwrite();
  for_tiles(y.context(), s, [=](int64_t first, int64_t width) {
    if (inner == 1) {
      gradient_row(values + first, from + first, to + first, channels);
    } else {
      gradient_tile(values + first, from + first, to + first, channels, inner, width);
    }
  });
}

}  // namespace caffe4j
