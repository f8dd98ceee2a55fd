#include "caffe4j/elementwise.h"

#include <cmath>

#include "error.h"
#include "gpu_cudnn.h"
#include "kernels/absval.h"
#include "kernels/bnll.h"
#include "kernels/clip.h"
#include "kernels/elementwise.h"
#include "kernels/elu.h"
#include "kernels/exp.h"
#include "kernels/log.h"
#include "kernels/math.h"
#include "kernels/power.h"
#include "kernels/sigmoid.h"
#include "kernels/swish.h"
#include "kernels/tanh.h"
#include "kernels/threshold.h"
#include "launch.h"

namespace caffe4j {

namespace {
constexpr const char* kWhat = "bottom and top of an element-wise layer";

template <class F>
void forward(Tensor& x, Tensor& y, F f) {
  const auto layout = elementwise_layout(x, f(0) == 0);
  const float* from = values_as(x, layout);
  launch(x.context(), floats_in(layout), MapForward<F>{from, overwrite_values_as(y, layout), f});
}

template <class F>
void backward(Tensor& x, Tensor& y, Tensor& dy, Tensor& dx, F f) {
  const auto layout = elementwise_layout(dy, f(0, 0, 0) == 0);
  const float* input = F::kReadsX ? values_as(x, layout) : nullptr;
  const float* output = F::kReadsY ? values_as(y, layout) : nullptr;
  const float* from = values_as(dy, layout);
  launch(dy.context(), floats_in(layout), MapBackward<F>{input, output, from, overwrite_values_as(dx, layout), f});
}

/** SIGMOID and TANH where cuDNN computes them; false elsewhere. */
bool forward_by_cudnn(CudnnActivation f, int engine, Tensor& x, Tensor& y) {
  GpuCudnn* cudnn = cudnn_for(x.context(), engine);
  if (cudnn == nullptr) return false;
  const float* from = x.device_read();
  return cudnn->activation_forward(f, x.count(), from, y.device_overwrite());
}

bool backward_by_cudnn(CudnnActivation f, int engine, Tensor& y, Tensor& dy, Tensor& dx) {
  GpuCudnn* cudnn = cudnn_for(dy.context(), engine);
  if (cudnn == nullptr) return false;
  const float *output = y.device_read(), *from = dy.device_read();
  return cudnn->activation_backward(f, dy.count(), output, from, dx.device_overwrite());
}

void power_forward(Tensor& x, Tensor& y, float power, float scale, float shift) {
  if (power * scale == 0) return tensor_fill(&y, power == 0 ? 1 : std::pow(shift, power));
  with_power(power, scale, shift, [&](const auto& f) { forward(x, y, f); });
}

void power_backward(Tensor& x, Tensor& y, Tensor& dy, Tensor& dx, float power, float scale, float shift) {
  if (power * scale == 0) return tensor_fill(&dx, 0);
  switch (power_kind(power)) {
    case PowerKind::LINEAR: return backward(x, y, dy, dx, PowerBackward<PowerKind::LINEAR>{power, scale, shift});
    case PowerKind::SQUARE: return backward(x, y, dy, dx, PowerBackward<PowerKind::SQUARE>{power, scale, shift});
    case PowerKind::ROOT: return backward(x, y, dy, dx, PowerBackward<PowerKind::ROOT>{power, scale, shift});
    case PowerKind::GENERAL: return backward(x, y, dy, dx, PowerBackward<PowerKind::GENERAL>{power, scale, shift});
  }
}
}  // namespace

void elementwise_forward(int function, Tensor* bottom, Tensor* top, float a, float b, float c, int engine) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& y = deref(top, "top");
  require_same_shape(x, y, kWhat);
  switch (function) {
    case ELEMENTWISE_SIGMOID:
      if (!forward_by_cudnn(CudnnActivation::SIGMOID, engine, x, y)) forward(x, y, SigmoidForward{});
      return;
    case ELEMENTWISE_TANH:
      if (!forward_by_cudnn(CudnnActivation::TANH, engine, x, y)) forward(x, y, TanHForward{});
      return;
    case ELEMENTWISE_ABSVAL: return forward(x, y, AbsValForward{});
    case ELEMENTWISE_BNLL: return forward(x, y, BnllForward{});
    case ELEMENTWISE_CLIP: return forward(x, y, ClipForward{a, b});
    case ELEMENTWISE_ELU: return forward(x, y, EluForward{a});
    case ELEMENTWISE_SWISH: return forward(x, y, SwishForward{a});
    case ELEMENTWISE_EXP: return forward(x, y, ExpForward{a, b});
    case ELEMENTWISE_LOG: return forward(x, y, LogForward{a, b, c});
    case ELEMENTWISE_POWER: return power_forward(x, y, a, b, c);
    case ELEMENTWISE_THRESHOLD: return forward(x, y, ThresholdForward{a});
    default: fail(ErrorKind::INVALID, "there is no element-wise function ", function);
  }
}

void elementwise_backward(int function, Tensor* bottom, Tensor* top, Tensor* top_diff, Tensor* bottom_diff, float a, float b, float c,
                          int engine) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& y = deref(top, "top");
  Tensor& dy = deref(top_diff, "top diff");
  Tensor& dx = deref(bottom_diff, "bottom diff");
  for (Tensor* t : {&x, &y, &dx}) require_same_shape(*t, dy, kWhat);
  switch (function) {
    case ELEMENTWISE_SIGMOID:
      if (!backward_by_cudnn(CudnnActivation::SIGMOID, engine, y, dy, dx)) backward(x, y, dy, dx, SigmoidBackward{});
      return;
    case ELEMENTWISE_TANH:
      if (!backward_by_cudnn(CudnnActivation::TANH, engine, y, dy, dx)) backward(x, y, dy, dx, TanHBackward{});
      return;
    case ELEMENTWISE_ABSVAL: return backward(x, y, dy, dx, AbsValBackward{});
    case ELEMENTWISE_BNLL: return backward(x, y, dy, dx, BnllBackward{});
    case ELEMENTWISE_CLIP: return backward(x, y, dy, dx, ClipBackward{a, b});
    case ELEMENTWISE_ELU: return backward(x, y, dy, dx, EluBackward{a});
    case ELEMENTWISE_SWISH: return backward(x, y, dy, dx, SwishBackward{a});
    case ELEMENTWISE_EXP: return backward(x, y, dy, dx, ExpBackward{a});
    case ELEMENTWISE_LOG: return backward(x, y, dy, dx, LogBackward{a, b, c});
    case ELEMENTWISE_POWER: return power_backward(x, y, dy, dx, a, b, c);
    default: fail(ErrorKind::INVALID, "there is no element-wise function ", function, " with a gradient");
  }
}

}  // namespace caffe4j
