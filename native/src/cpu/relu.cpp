#include "caffe4j/relu.h"

#include "error.h"
#include "gpu_cudnn.h"
#include "kernels/relu.h"
#include "launch.h"

namespace caffe4j {

void relu_forward(Tensor* bottom, Tensor* top, float negative_slope, int engine) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& y = deref(top, "top");
  require_same_count(x, y, "ReLU's bottom and top");
  const auto layout = elementwise_layout(x, true);
  const float* from = values_as(x, layout);
  float* to = overwrite_values_as(y, layout);
  GpuCudnn* cudnn = negative_slope == 0 ? cudnn_for(x.context(), engine) : nullptr;
  if (cudnn != nullptr && cudnn->activation_forward(CudnnActivation::RELU, floats_in(layout), from, to)) return;
  launch(x.context(), floats_in(layout), ReluForward{from, to, negative_slope});
}

void relu_backward(Tensor* bottom, Tensor* top_diff, Tensor* bottom_diff, float negative_slope, int engine) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& dy = deref(top_diff, "top diff");
  Tensor& dx = deref(bottom_diff, "bottom diff");
  require_same_count(x, dy, "ReLU's bottom and top");
  require_same_count(x, dx, "ReLU's bottom and top");
  const auto layout = elementwise_layout(dy, true);
  const float* values = values_as(x, layout);
  const float* from = values_as(dy, layout);
  float* to = overwrite_values_as(dx, layout);
  GpuCudnn* cudnn = negative_slope == 0 ? cudnn_for(x.context(), engine) : nullptr;
  if (cudnn != nullptr && cudnn->activation_backward(CudnnActivation::RELU, floats_in(layout), values, from, to)) return;
  launch(x.context(), floats_in(layout), ReluBackward{values, from, to, negative_slope});
}

}  // namespace caffe4j
