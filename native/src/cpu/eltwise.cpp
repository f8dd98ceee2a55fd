#include "caffe4j/eltwise.h"

#include <algorithm>
#include <vector>

#include "error.h"
#include "kernels/eltwise.h"
#include "kernels/math.h"
#include "launch.h"

namespace caffe4j {

namespace {
constexpr const char* kWhat = "bottoms and top of an Eltwise layer";

Tensor& input(Tensor** bottoms, int k) { return deref(bottoms[k], "bottom"); }

void check(Tensor** bottoms, int count, const Tensor& shape) {
  require(bottoms != nullptr && count > 0, ErrorKind::INVALID, "an element-wise operation needs at least one input");
  for (int k = 0; k < count; ++k) require_same_shape(input(bottoms, k), shape, kWhat);
}

template <template <int> class Kernel, int N>
Kernel<N> kernel_of(const float* const* x, const float* coeff, float* y) {
  Kernel<N> kernel;
  std::copy_n(x, N, kernel.x);
  if constexpr (std::is_same_v<Kernel<N>, EltwiseSum<N>>) std::copy_n(coeff, N, kernel.coeff);
  kernel.y = y;
  return kernel;
}

/** Runs the kernel over the first inputs, then again over its result and the next ones; inputs are spent then and may be the output. */
template <template <int> class Kernel>
void fold(const Context& context, int64_t n, std::vector<const float*> x, std::vector<float> coeff, float* y) {
  for (size_t from = 0;;) {
    const size_t inputs = std::min(x.size() - from, size_t(kEltwiseInputs));
    const float *const* values = &x[from], *factors = &coeff[from];
    switch (inputs) {
      case 1: launch(context, n, kernel_of<Kernel, 1>(values, factors, y)); break;
      case 2: launch(context, n, kernel_of<Kernel, 2>(values, factors, y)); break;
      case 3: launch(context, n, kernel_of<Kernel, 3>(values, factors, y)); break;
      default: launch(context, n, kernel_of<Kernel, 4>(values, factors, y)); break;
    }
    from += inputs;
    if (from == x.size()) return;
    --from;
    x[from] = y;
    coeff[from] = 1;
  }
}

template <template <int> class Kernel>
void combine(Tensor** bottoms, int count, const float* coeff, Tensor* top) {
  Tensor& y = deref(top, "top");
  check(bottoms, count, y);
  const auto layout = input(bottoms, 0).layout();
  std::vector<const float*> x;
  for (int k = 0; k < count; ++k) {
    require(k < kEltwiseInputs || !input(bottoms, k).shares_with(y), ErrorKind::INVALID, "the top of an Eltwise layer is its bottom ", k);
    x.push_back(values_as(input(bottoms, k), layout));
  }
  std::vector<float> factors(size_t(count), 1.f);
  if (coeff != nullptr) std::copy_n(coeff, count, factors.begin());
  fold<Kernel>(y.context(), floats_in(layout), std::move(x), std::move(factors), overwrite_values_as(y, layout));
}

void check_index(int index, int count) {
  require(index >= 0 && index < count, ErrorKind::INVALID, "bottom ", index, " of ", count, " does not exist");
}
}  // namespace

void eltwise_sum(Tensor** bottoms, int count, const float* coeff, Tensor* top) { combine<EltwiseSum>(bottoms, count, coeff, top); }
void eltwise_product(Tensor** bottoms, int count, Tensor* top) { combine<EltwiseProduct>(bottoms, count, nullptr, top); }
void eltwise_max(Tensor** bottoms, int count, Tensor* top) { combine<EltwiseMax>(bottoms, count, nullptr, top); }

void eltwise_sum_backward(Tensor* top_diff, float coeff, Tensor* bottom_diff) {
  eltwise_sum(&top_diff, 1, &coeff, bottom_diff);
}

void eltwise_product_backward(Tensor** bottoms, int count, Tensor* top, Tensor* top_diff, int index, bool stable, Tensor* bottom_diff) {
  Tensor& y = deref(top, "top");
  Tensor& dy = deref(top_diff, "top diff");
  check(bottoms, count, dy);
  check_index(index, count);
  if (stable) {
    std::vector<Tensor*> factors{top_diff};
    for (int k = 0; k < count; ++k) {
      if (k != index) factors.push_back(bottoms[k]);
    }
    return eltwise_product(factors.data(), count, bottom_diff);
  }
  Tensor& dx = deref(bottom_diff, "bottom diff");
  require_same_shape(y, dy, kWhat);
  require_same_shape(dx, dy, kWhat);
  const auto layout = elementwise_layout(dy, false);
  const float* values = values_as(input(bottoms, index), layout);
  const float* products = values_as(y, layout);
  const float* from = values_as(dy, layout);
  launch(dy.context(), floats_in(layout), EltwiseQuotientBackward{values, products, from, overwrite_values_as(dx, layout)});
}

void eltwise_max_backward(Tensor** bottoms, int count, Tensor* top_diff, int index, Tensor* bottom_diff) {
  Tensor& dy = deref(top_diff, "top diff");
  Tensor& dx = deref(bottom_diff, "bottom diff");
  check(bottoms, count, dy);
  check_index(index, count);
  require_same_shape(dx, dy, kWhat);
  const auto layout = dy.layout();
  std::vector<const float*> x;
  for (int k = 0; k < count; ++k) x.push_back(values_as(input(bottoms, k), layout));
  const float* from = values_as(dy, layout);
  float* to = overwrite_values_as(dx, layout);
  if (count == 1) launch(dy.context(), floats_in(layout), Copy{from, to});
  for (int k = 0; k < count; ++k) {
    if (k == index) continue;
    const bool larger = index >= 2 ? k < index : index == 0 && k == 1;
    if (larger) {
      launch(dy.context(), floats_in(layout), EltwiseMaxBackward<true>{x[size_t(index)], x[size_t(k)], from, to});
    } else {
      launch(dy.context(), floats_in(layout), EltwiseMaxBackward<false>{x[size_t(index)], x[size_t(k)], from, to});
    }
    from = to;
  }
}

}  // namespace caffe4j
