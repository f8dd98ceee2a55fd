#pragma once
// Runs element-wise kernels (kernels/*.h) where the context computes: on the CPU, in whatever layout the values are in, or on its GPU.
#include <cstdint>

#include "tensor.h"

namespace caffe4j {

/** Below this many elements a loop is faster on one thread than the start of a team. */
constexpr int64_t kSerialBelow = 8192;

/** Calls f(i) for i in [0, n) on the host, spread over the context's threads. */
template <class F>
void parallel_for(const Context& context, int64_t n, const F& f) {
  context.enter();
#pragma omp parallel if (n >= kSerialBelow)
  {
    const F kernel = f;  // a shared one is read through a pointer, which keeps loops from becoming SIMD
#pragma omp for simd schedule(static)
    for (int64_t i = 0; i < n; ++i) kernel(i);
  }
}

/** Calls f(i) for i in [0, n) where the context computes; f is a functor of kernels/ over pointers of Tensor::device_read and the like. */
template <class F>
void launch(const Context& context, int64_t n, const F& f) {
  if (Gpu* gpu = context.gpu()) return gpu->launch(typeid(F), &f, n);
  parallel_for(context, n, f);
}

/** Sum of the doubles f(i) for i in [0, n) on the host, spread over the context's threads. */
template <class F>
double parallel_sum(const Context& context, int64_t n, const F& f) {
  const F kernel = f;
  double sum = 0;
  context.enter();
#pragma omp parallel for simd reduction(+ : sum) schedule(static) firstprivate(kernel) if (n >= kSerialBelow)
  for (int64_t i = 0; i < n; ++i) sum += kernel(i);
  return sum;
}

/** The same where the context computes, brought to the host; f as for launch. */
template <class F>
double sum_of(const Context& context, int64_t n, const F& f) {
  if (Gpu* gpu = context.gpu()) return gpu->sum(typeid(F), &f, n);
  return parallel_sum(context, n, f);
}

/**
 * The layout in which an element-wise operation may run over the values of `x` with all their padding: the present one. An operation
 * with f(0) != 0 would fill the padding of a blocked layout, which must stay zero, so it gets a layout without padding.
 */
inline dnnl::memory::desc elementwise_layout(const Tensor& x, bool keeps_zero) {
  if (x.has_plain_layout()) return x.plain_layout();
  const dnnl::memory::desc& layout = x.layout();
  return keeps_zero || layout.get_padded_dims() == layout.get_dims() ? layout : x.plain_layout();
}

/** Number of floats in a layout, padding included. */
inline int64_t floats_in(const dnnl::memory::desc& layout) { return int64_t(layout.get_size() / sizeof(float)); }

/** The newest values of x in a layout, as an array of floats_in(layout) where the context computes. On a GPU all layouts are row-major. */
inline const float* values_as(Tensor& x, const dnnl::memory::desc& layout) {
  return x.context().gpu() != nullptr ? x.device_read() : x.values_in(layout);
}

/** Memory of x in a layout that becomes its newest values; what values_as of the same layout returned stays in it (in-place). */
inline float* overwrite_values_as(Tensor& x, const dnnl::memory::desc& layout) {
  return x.context().gpu() != nullptr ? x.device_overwrite() : x.overwrite_in(layout);
}

/** Throws SHAPE unless both have the same number of elements. */
void require_same_count(const Tensor& a, const Tensor& b, const char* what);
/** Throws SHAPE unless both have the same shape. */
void require_same_shape(const Tensor& a, const Tensor& b, const char* what);

}  // namespace caffe4j
