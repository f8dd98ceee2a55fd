#include "caffe4j/crop.h"

#include "box_copy.h"
#include "error.h"
#include "kernels/math.h"
#include "launch.h"

namespace caffe4j {

namespace {
/** The order in which a box of `whole` can be read and written. */
MemoryOrder order_for(const MemoryOrder& wish, const Tensor& whole, const Offset& offset, const Tensor& box) {
  if (wish.order == Order::PLAIN) return wish;
  const bool to_the_end = offset[1] + box.dims()[1] == whole.dims()[1];
  return keeps_blocks(wish, offset[1]) && (to_the_end || keeps_blocks(wish, box.dims()[1])) ? wish : MemoryOrder();
}

Offset offset_of(const int64_t* offset, const Tensor& whole, const Tensor& box) {
  require(offset != nullptr && whole.axes() == box.axes(), ErrorKind::SHAPE, "cannot crop a blob of shape ", shape_string(whole.dims()),
          " to one of shape ", shape_string(box.dims()));
  require(!whole.shares_with(box), ErrorKind::INVALID, "cropping cannot work in place");
  return Offset(offset, offset + whole.axes());
}
}  // namespace

void crop_forward(Tensor* bottom, const int64_t* offset, Tensor* top) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& y = deref(top, "top");
  const Offset begin = offset_of(offset, x, y);
  const MemoryOrder order = order_for(order_of(x), x, begin, y);
  const float* from = values_as(x, order.layout(x.dims()));
  float* to = overwrite_values_as(y, order.layout(y.dims()));
  copy_box(x.context(), order, from, x.dims(), begin, to, y.dims(), Offset(begin.size(), 0), y.dims());
}

void crop_backward(Tensor* top_diff, const int64_t* offset, Tensor* bottom_diff) {
  Tensor& dy = deref(top_diff, "top diff");
  Tensor& dx = deref(bottom_diff, "bottom diff");
  const Offset begin = offset_of(offset, dx, dy);
  const MemoryOrder order = order_for(order_of(dy), dx, begin, dy);
  const float* from = values_as(dy, order.layout(dy.dims()));
  const auto layout = order.layout(dx.dims());
  float* to = overwrite_values_as(dx, layout);
  launch(dx.context(), floats_in(layout), Fill{to, 0});
  copy_box(dx.context(), order, from, dy.dims(), Offset(begin.size(), 0), to, dx.dims(), begin, dy.dims());
}

}  // namespace caffe4j
