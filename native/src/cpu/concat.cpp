#include "caffe4j/concat.h"

#include <vector>

#include "box_copy.h"
#include "error.h"
#include "launch.h"

namespace caffe4j {

namespace {
Tensor& part(Tensor** parts, int k) { return deref(parts[k], "part"); }

void check(Tensor** parts, int count, const Tensor& whole, int axis) {
  require(parts != nullptr && count > 0, ErrorKind::INVALID, "a concatenation needs at least one part");
  require(axis >= 0 && axis < whole.axes(), ErrorKind::SHAPE, "axis ", axis, " out of range for a blob of shape ",
          shape_string(whole.dims()));
  int64_t sum = 0;
  for (int k = 0; k < count; ++k) {
    Dims dims = part(parts, k).dims();
    require(int(dims.size()) == whole.axes(), ErrorKind::SHAPE, "a part of shape ", shape_string(dims), " does not fit a whole of shape ",
            shape_string(whole.dims()));
    sum += dims[size_t(axis)];
    dims[size_t(axis)] = whole.dims()[size_t(axis)];
    require(dims == whole.dims(), ErrorKind::SHAPE, "a part of shape ", shape_string(part(parts, k).dims()),
            " does not fit a whole of shape ", shape_string(whole.dims()));
  }
  require(sum == whole.dims()[size_t(axis)], ErrorKind::SHAPE, "the parts have ", sum, " of the whole's ", whole.dims()[size_t(axis)],
          " along axis ", axis);
}

/** `wish`, if no boundary between parts splits a block of it; else PLAIN. */
MemoryOrder possible_order(const MemoryOrder& wish, Tensor** parts, int count, int axis) {
  for (int k = 0; axis == 1 && k + 1 < count; ++k) {
    if (!keeps_blocks(wish, part(parts, k).dims()[1])) return {};
  }
  return wish;
}
}  // namespace

void concat(Tensor** parts, int count, Tensor* whole, int axis) {
  Tensor& y = deref(whole, "whole");
  check(parts, count, y, axis);
  const MemoryOrder order = possible_order(order_of(part(parts, 0)), parts, count, axis);
  std::vector<const float*> from;
  for (int k = 0; k < count; ++k) {
    require(!part(parts, k).shares_with(y), ErrorKind::INVALID, "a concatenation cannot work in place");
    from.push_back(values_as(part(parts, k), order.layout(part(parts, k).dims())));
  }
  float* to = overwrite_values_as(y, order.layout(y.dims()));
  Offset offset(y.dims().size(), 0);
  const Offset origin = offset;
  for (int k = 0; k < count; ++k) {
    const Dims& dims = part(parts, k).dims();
    copy_box(y.context(), order, from[size_t(k)], dims, origin, to, y.dims(), offset, dims);
    offset[size_t(axis)] += dims[size_t(axis)];
  }
}

void slice(Tensor* whole, Tensor** parts, int count, const bool* wanted, int axis) {
  Tensor& x = deref(whole, "whole");
  check(parts, count, x, axis);
  const MemoryOrder order = possible_order(order_of(x), parts, count, axis);
  const float* from = values_as(x, order.layout(x.dims()));
  Offset offset(x.dims().size(), 0);
  const Offset origin = offset;
  for (int k = 0; k < count; ++k) {
    Tensor& y = part(parts, k);
    const Dims& dims = y.dims();
    if (wanted == nullptr || wanted[k]) {
      require(!y.shares_with(x), ErrorKind::INVALID, "slicing cannot work in place");
      copy_box(x.context(), order, from, x.dims(), offset, overwrite_values_as(y, order.layout(dims)), dims, origin, dims);
    }
    offset[size_t(axis)] += dims[size_t(axis)];
  }
}

}  // namespace caffe4j
