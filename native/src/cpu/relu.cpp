#include "caffe4j/relu.h"

#include "error.h"
#include "kernels/relu.h"
#include "launch.h"

namespace caffe4j {

void relu_forward(Tensor* bottom, Tensor* top, float negative_slope) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& y = deref(top, "top");
  require_same_count(x, y, "ReLU's bottom and top");
  const auto layout = elementwise_layout(x, true);
  const float* from = values_as(x, layout);
  launch(x.context(), floats_in(layout), ReluForward{from, overwrite_values_as(y, layout), negative_slope});
}

void relu_backward(Tensor* bottom, Tensor* top_diff, Tensor* bottom_diff, float negative_slope) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& dy = deref(top_diff, "top diff");
  Tensor& dx = deref(bottom_diff, "bottom diff");
  require_same_count(x, dy, "ReLU's bottom and top");
  require_same_count(x, dx, "ReLU's bottom and top");
  const auto layout = elementwise_layout(dy, true);
  const float* values = values_as(x, layout);
  const float* from = values_as(dy, layout);
  launch(x.context(), floats_in(layout), ReluBackward{values, from, overwrite_values_as(dx, layout), negative_slope});
}

}  // namespace caffe4j
