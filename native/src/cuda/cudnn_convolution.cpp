// Convolution through cuDNN: descriptors and algorithms are chosen once a shape.
#include <algorithm>
#include <optional>

#include "caffe4j/bias.h"
#include "convolution.h"
#include "cuda/cuda_context.h"
#include "cuda/cudnn.h"
#include "error.h"
#include "recent.h"

namespace caffe4j {

namespace {

constexpr float kOne = 1, kZero = 0;
/** Bytes of workspace that an algorithm may take: one array a context, which all its convolutions share. */
constexpr size_t kMostWorkspace = size_t(128) << 20;
constexpr int kMostAlgorithms = 16;

struct Algorithm {
  int number;
  size_t workspace;
};

/**
 * The quickest algorithm, as cuDNN's heuristic has it, that keeps to the workspace and computes in full floats; one that always adds in the
 * same order, if there is one, so that a training can be repeated. `ask` fills in the candidates, quickest first, `size` asks for the
 * workspace of one.
 */
template <class Ask, class Size>
std::optional<Algorithm> choose(const Ask& ask, const Size& size) {
  CudnnAlgorithm found[kMostAlgorithms] = {};
  int count = 0;
  const int status = ask(kMostAlgorithms, &count, found);
  if (status / 1000 * 1000 == kCudnnNotSupported) return std::nullopt;
  require_cudnn(status, "asking cuDNN for its algorithms");
  for (const bool deterministic : {true, false}) {
    for (int i = 0; i < count; ++i) {
      const CudnnAlgorithm& a = found[i];
      const bool rounds = a.math == kCudnnTensorOpMath || a.math == kCudnnTensorOpMathAllowConversion;
      size_t bytes = 0;
      if (a.status != kCudnnSuccess || rounds || (deterministic && a.determinism != kCudnnDeterministic)) continue;
      if (size(a.algorithm, &bytes) == kCudnnSuccess && bytes <= kMostWorkspace) return Algorithm{a.algorithm, bytes};
    }
  }
  return std::nullopt;
}

/** An algorithm that is chosen when it is first needed. */
class Choice {
 public:
  template <class Ask, class Size>
  const std::optional<Algorithm>& get(const Ask& ask, const Size& size) {
    if (!made_) algorithm_ = choose(ask, size);
    made_ = true;
    return algorithm_;
  }

 private:
  bool made_ = false;
  std::optional<Algorithm> algorithm_;
};

/** What is prepared for one shape. */
struct Plan {
  CudnnTensor x, y, bias;
  Choice forward, backward_data, backward_filter;
  bool refuses_to_fuse = false;  // ReLU and bias with the convolution

  Plan(const ConvolutionGeometry& g, const ConvolutionShape& s)
      : x(s.batch, g.channels, s.input[0], s.input[1]), y(s.batch, g.num_output, s.output[0], s.output[1]), bias(1, g.num_output, 1, 1) {}
};

class CudnnConvolution final : public ConvolutionEngine {
 public:
  CudnnConvolution(const Cudnn& cudnn, Context& context, const ConvolutionGeometry& geometry)
      : cudnn_(cudnn), context_(context), g_(geometry) {
    const Window& w = g_.window;
    const auto number = [](int64_t n) { return int(n); };
    require_cudnn(f().cudnnSetConvolution2dDescriptor(convolution_, number(w.pad[0]), number(w.pad[1]), number(w.stride[0]), number(w.stride[1]), 1,
                                                      1, kCudnnCrossCorrelation, kCudnnFloat),
                  "describing a convolution to cuDNN");
    require_cudnn(f().cudnnSetConvolutionGroupCount(convolution_, number(g_.group)), "describing a convolution's groups to cuDNN");
    require_cudnn(f().cudnnSetConvolutionMathType(convolution_, kCudnnFmaMath), "telling cuDNN to compute in full floats");
    require_cudnn(f().cudnnSetFilter4dDescriptor(filter_, kCudnnFloat, kCudnnNchw, number(g_.num_output), number(g_.channels / g_.group),
                                                 number(w.kernel[0]), number(w.kernel[1])),
                  "describing weights to cuDNN");
    // The only treatment of not-a-numbers that cuDNN fuses.
    require_cudnn(f().cudnnSetActivationDescriptor(relu_, kCudnnActivationRelu, kCudnnNotPropagateNan, 0), "describing ReLU to cuDNN");
  }

  /** What cuDNN can be told of; whether it has an algorithm is asked for each shape. */
  static bool covers(const ConvolutionGeometry& g) {
    const Window& w = g.window;
    const auto small = [](const Dims& dims) { return std::all_of(dims.begin(), dims.end(), [](int64_t d) { return d <= INT32_MAX; }); };
    return w.axes() == 2 && w.dilation == Dims{1, 1} && small(w.pad) && small(w.stride) && fits_cudnn({g.group}) &&
           fits_cudnn({g.num_output, g.channels / g.group, w.kernel[0], w.kernel[1]});
  }

  bool forward(const ConvolutionShape& s, Tensor& bottom, Tensor& weight, Tensor* bias, Tensor& top) override {
    Plan* plan = plan_of(s);
    if (plan == nullptr) return false;
    const auto& algorithm = forward_algorithm(*plan);
    if (!algorithm) return false;
    const float *x = bottom.device_read(), *w = weight.device_read();
    float* y = top.device_overwrite();
    require_cudnn(f().cudnnConvolutionForward(handle(), &kOne, plan->x, x, filter_, w, convolution_, algorithm->number, workspace(*algorithm),
                                              algorithm->workspace, &kZero, plan->y, y),
                  "a convolution");
    if (bias != nullptr) add_bias(context_, s.batch, g_.num_output, count_of(s.output), bias->device_read(), y);
    return done(*algorithm);
  }

  /** y = max(0, x * w + factor * z + bias), of the algorithms for plain convolutions. */
  bool forward_fused(const ConvolutionShape& s, Tensor& bottom, Tensor& weight, Tensor* bias, const Epilogue& epilogue, Tensor& top) override {
    Plan* plan = bias != nullptr && epilogue.is_sum_and_relu() ? plan_of(s) : nullptr;
    if (plan == nullptr || plan->refuses_to_fuse) return false;
    const auto& algorithm = forward_algorithm(*plan);
    if (!algorithm) return false;
    const bool sum = epilogue.posts.size() == 2;
    const float *x = bottom.device_read(), *w = weight.device_read(), *shift = bias->device_read();
    const float* summand = sum ? epilogue.posts[0].tensor->device_read() : nullptr;
    if (summand == x) return false;  // cuDNN wants them apart
    float* y = top.device_overwrite();
    const float factor = sum ? epilogue.posts[0].a : 0;
    const int status = f().cudnnConvolutionBiasActivationForward(handle(), &kOne, plan->x, x, filter_, w, convolution_, algorithm->number,
                                                                 workspace(*algorithm), algorithm->workspace, &factor, plan->y, sum ? summand : y,
                                                                 plan->bias, shift, relu_, plan->y, y);
    plan->refuses_to_fuse = status / 1000 * 1000 == kCudnnNotSupported;
    if (plan->refuses_to_fuse) return false;
    require_cudnn(status, "a convolution with bias and ReLU");
    implementation_ = "cudnn:" + std::to_string(algorithm->number) + " with ReLU";
    return true;
  }

  bool backward_data(const ConvolutionShape& s, Tensor& top_diff, Tensor& weight, Tensor& bottom_diff) override {
    Plan* plan = plan_of(s);
    if (plan == nullptr) return false;
    const auto& algorithm = plan->backward_data.get(
        [&](int most, int* count, CudnnAlgorithm* found) {
          return f().cudnnGetConvolutionBackwardDataAlgorithm_v7(handle(), filter_, plan->y, convolution_, plan->x, most, count, found);
        },
        [&](int number, size_t* bytes) {
          return f().cudnnGetConvolutionBackwardDataWorkspaceSize(handle(), filter_, plan->y, convolution_, plan->x, number, bytes);
        });
    if (!algorithm) return false;
    const float *dy = top_diff.device_read(), *w = weight.device_read();
    float* dx = bottom_diff.device_overwrite();
    require_cudnn(f().cudnnConvolutionBackwardData(handle(), &kOne, filter_, w, plan->y, dy, convolution_, algorithm->number,
                                                   workspace(*algorithm), algorithm->workspace, &kZero, plan->x, dx),
                  "a convolution's gradient by its input");
    return done(*algorithm);
  }

  bool backward_weight(const ConvolutionShape& s, Tensor& bottom, Tensor& top_diff, Tensor* weight_diff, Tensor* bias_diff) override {
    Plan* plan = plan_of(s);
    if (plan == nullptr) return false;
    if (weight_diff != nullptr) {
      const auto& algorithm = plan->backward_filter.get(
          [&](int most, int* count, CudnnAlgorithm* found) {
            return f().cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle(), plan->x, plan->y, convolution_, filter_, most, count, found);
          },
          [&](int number, size_t* bytes) {
            return f().cudnnGetConvolutionBackwardFilterWorkspaceSize(handle(), plan->x, plan->y, convolution_, filter_, number, bytes);
          });
      if (!algorithm) return false;
      const float *x = bottom.device_read(), *dy = top_diff.device_read();
      const float* keep = weight_diff->is_zero() ? &kZero : &kOne;
      require_cudnn(f().cudnnConvolutionBackwardFilter(handle(), &kOne, plan->x, x, plan->y, dy, convolution_, algorithm->number,
                                                       workspace(*algorithm), algorithm->workspace, keep, filter_, added(*weight_diff)),
                    "a convolution's gradient by its weights");
      done(*algorithm);
    }
    if (bias_diff != nullptr) {
      const float* dy = top_diff.device_read();
      const float* keep = bias_diff->is_zero() ? &kZero : &kOne;
      require_cudnn(f().cudnnConvolutionBackwardBias(handle(), &kOne, plan->y, dy, keep, plan->bias, added(*bias_diff)),
                    "a convolution's gradient by its bias");
    }
    return true;
  }

  std::string implementation() const override { return implementation_; }

 private:
  static const CudnnFunctions& f() { return cudnn_functions(); }
  /** Enters the device, as every call of cuDNN needs. */
  cudnnContext* handle() const {
    cudnn_.gpu().enter();
    return cudnn_.handle();
  }

  /** Null where the arrays are too large for cuDNN. */
  Plan* plan_of(const ConvolutionShape& s) {
    const bool fits = fits_cudnn({s.batch, g_.channels, s.input[0], s.input[1]}) && fits_cudnn({s.batch, g_.num_output, s.output[0], s.output[1]});
    return fits ? plans_.get({s.batch, s.input}, [&] { return std::make_unique<Plan>(g_, s); }).get() : nullptr;
  }

  const std::optional<Algorithm>& forward_algorithm(Plan& plan) {
    return plan.forward.get(
        [&](int most, int* count, CudnnAlgorithm* found) {
          return f().cudnnGetConvolutionForwardAlgorithm_v7(handle(), plan.x, filter_, convolution_, plan.y, most, count, found);
        },
        [&](int number, size_t* bytes) {
          return f().cudnnGetConvolutionForwardWorkspaceSize(handle(), plan.x, filter_, convolution_, plan.y, number, bytes);
        });
  }

  void* workspace(const Algorithm& algorithm) const { return algorithm.workspace == 0 ? nullptr : cudnn_.gpu().scratch(algorithm.workspace); }

  /** A gradient's memory, to be added to unless the gradient was zero. */
  static float* added(Tensor& gradient) { return gradient.is_zero() ? gradient.device_overwrite() : gradient.device_update(); }

  bool done(const Algorithm& algorithm) {
    implementation_ = "cudnn:" + std::to_string(algorithm.number);
    return true;
  }

  const Cudnn& cudnn_;
  Context& context_;
  const ConvolutionGeometry& g_;
  CudnnConvolutionDescriptor convolution_;
  CudnnFilter filter_;
  CudnnActivationDescriptor relu_;
  Recent<std::pair<int64_t, Dims>, std::unique_ptr<Plan>> plans_;
  std::string implementation_ = "none yet";
};

}  // namespace

std::unique_ptr<ConvolutionEngine> Cudnn::convolution(Context& context, const ConvolutionGeometry& geometry) {
  if (!CudnnConvolution::covers(geometry)) return nullptr;
  return std::make_unique<CudnnConvolution>(*this, context, geometry);
}

}  // namespace caffe4j
