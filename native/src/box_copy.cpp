#include "box_copy.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "error.h"
#include "kernels/box_copy.h"
#include "launch.h"

namespace caffe4j {

namespace {
/** Dimensions, or an offset, of an array as its memory has them: axis by axis, last fastest. */
Dims in_memory(const MemoryOrder& order, const Dims& dims, bool is_offset) {
  if (order.order == Order::PLAIN) return dims;
  Dims result{dims[0]};
  if (order.order == Order::BLOCKED) {
    require(!is_offset || keeps_blocks(order, dims[1]), ErrorKind::INTERNAL, "channel ", dims[1], " is inside a block of ", order.block);
    result.push_back((dims[1] + order.block - 1) / order.block);
  }
  result.insert(result.end(), dims.begin() + 2, dims.end());
  result.push_back(order.order == Order::CHANNELS_LAST ? dims[1] : is_offset ? 0 : order.block);
  return result;
}

void require_inside(const Dims& dims, const Offset& offset, const Dims& extent) {
  require(dims.size() == extent.size() && offset.size() == extent.size(), ErrorKind::SHAPE, "a box of ", extent.size(),
          " axes does not fit a blob of shape ", shape_string(dims));
  for (size_t i = 0; i < dims.size(); ++i) {
    require(offset[i] >= 0 && extent[i] >= 0 && extent[i] <= dims[i] && offset[i] <= dims[i] - extent[i], ErrorKind::SHAPE, "[", offset[i],
            ", ", offset[i] + extent[i], ") is outside axis ", i, " of a blob of shape ", shape_string(dims));
  }
}

/** Position of a box's row in an array: `row` counts through the box's axes but the last. */
int64_t row_position(int64_t row, const Dims& dims, const Offset& offset, const Dims& extent) {
  int64_t position = offset.back(), stride = dims.back();
  for (size_t i = extent.size() - 1; i-- > 0;) {
    position += (offset[i] + row % extent[i]) * stride;
    row /= extent[i];
    stride *= dims[i];
  }
  return position;
}

/** Joins every axis that the box spans in both arrays with the one before it: few axes, and rows as long as can be. */
void join_axes(Dims& a, Offset& at_a, Dims& b, Offset& at_b, Dims& extent) {
  for (size_t i = extent.size(); i-- > 1;) {
    const int64_t size = extent[i];
    if (size != a[i] || size != b[i]) continue;
    for (Dims* d : {&a, &at_a, &b, &at_b, &extent}) {
      (*d)[i - 1] *= size;
      d->erase(d->begin() + std::ptrdiff_t(i));
    }
  }
}
/** The copy of row-major arrays as a kernel. */
BoxCopy kernel_of(const float* from, const Dims& a, const Offset& at_a, float* to, const Dims& b, const Offset& at_b, const Dims& box) {
  require(box.size() <= size_t(BoxCopy::kMaxAxes), ErrorKind::UNSUPPORTED, "a GPU copies parts of blobs with at most ",
          int(BoxCopy::kMaxAxes), " axes that the part does not span, got ", box.size());
  BoxCopy copy{int(box.size()), {}, {}, {}, from, to};
  int64_t from_stride = 1, to_stride = 1;
  for (size_t i = box.size(); i-- > 0;) {
    copy.extent[i] = box[i];
    copy.from_stride[i] = from_stride;
    copy.to_stride[i] = to_stride;
    copy.from += at_a[i] * from_stride;
    copy.to += at_b[i] * to_stride;
    from_stride *= a[i];
    to_stride *= b[i];
  }
  return copy;
}
}  // namespace

void copy_box(const Context& context, const MemoryOrder& order, const float* from, const Dims& from_dims, const Offset& from_offset,
              float* to, const Dims& to_dims, const Offset& to_offset, const Dims& extent) {
  require_inside(from_dims, from_offset, extent);
  require_inside(to_dims, to_offset, extent);
  if (count_of(extent) == 0) return;
  if (extent.empty()) return copy_values(context, from, to, 1);
  Dims a = in_memory(order, from_dims, false), b = in_memory(order, to_dims, false), box = in_memory(order, extent, false);
  Offset at_a = in_memory(order, from_offset, true), at_b = in_memory(order, to_offset, true);
  join_axes(a, at_a, b, at_b, box);
  if (Gpu* gpu = context.gpu()) {
    const BoxCopy copy = kernel_of(from, a, at_a, to, b, at_b, box);
    if (copy.axes != 2) return launch(context, count_of(box), copy);
    const RowCopy rows{copy.from, copy.to, a[1] - box[1], b[1] - box[1]};
    return gpu->launch_channels(typeid(rows), &rows, 1, box[0], box[1]);
  }
  // Long rows are cut so that the threads share them.
  const int64_t length = box.back(), piece = std::min<int64_t>(length, 16384), pieces = (length + piece - 1) / piece;
  const int64_t work = count_of(box) / length * pieces;
  context.enter();
#pragma omp parallel for schedule(static) if (count_of(box) >= kSerialBelow)
  for (int64_t w = 0; w < work; ++w) {
    const int64_t row = w / pieces, first = w % pieces * piece;
    std::memcpy(to + row_position(row, b, at_b, box) + first, from + row_position(row, a, at_a, box) + first,
                size_t(std::min(piece, length - first)) * sizeof(float));
  }
}

}  // namespace caffe4j
