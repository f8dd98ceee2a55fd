#pragma once
// Runs element-wise kernels (kernels/*.h) on the CPU, in whatever layout the values are in.
#include <cstdint>

#include "tensor.h"

namespace caffe4j {

/** Below this many elements a loop is faster on one thread than the start of a team. */
constexpr int64_t kSerialBelow = 8192;

/** Calls f(i) for i in [0, n), spread over the context's threads. */
template <class F>
void launch(const Context& context, int64_t n, const F& f) {
  context.enter();
#pragma omp parallel if (n >= kSerialBelow)
  {
    const F kernel = f;  // a shared one is read through a pointer, which keeps loops from becoming SIMD
#pragma omp for simd schedule(static)
    for (int64_t i = 0; i < n; ++i) kernel(i);
  }
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

/** The newest values of x in a layout, as an array of floats_in(layout). */
inline const float* values_as(Tensor& x, const dnnl::memory::desc& layout) {
  return x.values_in(layout);
}

/** Memory of x in a layout that becomes its newest values; what values_as of the same layout returned stays in it (in-place). */
inline float* overwrite_values_as(Tensor& x, const dnnl::memory::desc& layout) {
  return x.overwrite_in(layout);
}

/** Throws SHAPE unless both have the same number of elements. */
void require_same_count(const Tensor& a, const Tensor& b, const char* what);
/** Throws SHAPE unless both have the same shape. */
void require_same_shape(const Tensor& a, const Tensor& b, const char* what);

}  // namespace caffe4j
