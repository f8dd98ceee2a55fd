// Convolution through cuDNN: descriptors and algorithms are chosen once a shape.
#include <algorithm>
#include <optional>

#include "caffe4j/bias.h"
#include "cuda/cuda_context.h"
#include "cuda/cudnn.h"
#include "cuda/cudnn_algorithms.h"
#include "error.h"
#include "recent.h"

namespace caffe4j {

namespace {

constexpr float kOne = 1, kZero = 0;
constexpr int kMostAlgorithms = 16;
/** Parts that a batch may be computed in, for the sake of the workspace. */
constexpr int64_t kMostParts = 16;

using Direction = ConvolutionDirection;

/** Arrays of some images. */
struct Arrays {
  CudnnTensor x, y;

  Arrays(const ConvolutionGeometry& g, const ConvolutionShape& s, int64_t images)
      : x(images, g.channels, s.input[0], s.input[1]), y(images, g.num_output, s.output[0], s.output[1]) {}
};

/** An algorithm for a batch, or for each of several equal parts of it. */
struct Algorithm {
  int number;
  size_t workspace;
  int64_t parts;
  std::unique_ptr<Arrays> part;
};

/** What is asked of cuDNN to choose an algorithm. */
struct Question {
  const ConvolutionGeometry& geometry;
  const ConvolutionShape& shape;
  Direction direction;
  size_t most_workspace;
};

/**
 * The quickest algorithm, first by our own rules and then as cuDNN's heuristic has it, that keeps to the workspace and computes in full floats;
 * one that always adds in the same order, if there is one, so that a training can be repeated. `ask` fills in the candidates, quickest first,
 * `size` asks for the workspace of one.
 */
template <class Ask, class Size>
std::optional<Algorithm> choose(const Question& q, const Ask& ask, const Size& size) {
  CudnnAlgorithm found[kMostAlgorithms] = {};
  int count = 0;
  auto whole = std::make_unique<Arrays>(q.geometry, q.shape, q.shape.batch);
  const int status = ask(*whole, kMostAlgorithms, &count, found);
  if (status / 1000 * 1000 == kCudnnNotSupported) return std::nullopt;
  require_cudnn(status, "asking cuDNN for its algorithms");
  const auto fits = [&](const Arrays& arrays, const CudnnAlgorithm& a, bool deterministic, size_t* bytes) {
    const bool rounds = a.math == kCudnnTensorOpMath || a.math == kCudnnTensorOpMathAllowConversion;
    if (a.status != kCudnnSuccess || rounds || (deterministic && a.determinism != kCudnnDeterministic)) return false;
    return size(arrays, a.algorithm, bytes) == kCudnnSuccess && *bytes <= q.most_workspace;
  };
  size_t bytes = 0;
  for (const int number : preferred_algorithms(q.direction, q.geometry, q.shape)) {
    const auto known = std::find_if(found, found + count, [&](const CudnnAlgorithm& a) { return a.algorithm == number; });
    for (int64_t parts = 1; known != found + count && parts <= std::min(kMostParts, q.shape.batch); ++parts) {
      if (q.shape.batch % parts != 0) continue;
      auto part = std::make_unique<Arrays>(q.geometry, q.shape, q.shape.batch / parts);
      if (fits(*part, *known, true, &bytes)) return Algorithm{number, bytes, parts, std::move(part)};
    }
  }
  for (const bool deterministic : {true, false}) {
    for (int i = 0; i < count; ++i) {
      if (fits(*whole, found[i], deterministic, &bytes)) return Algorithm{found[i].algorithm, bytes, 1, std::move(whole)};
    }
  }
  return std::nullopt;
}

/** An algorithm that is chosen when it is first needed. */
class Choice {
 public:
  template <class Ask, class Size>
  const std::optional<Algorithm>& get(const Question& question, const Ask& ask, const Size& size) {
    if (!made_) algorithm_ = choose(question, ask, size);
    made_ = true;
    return algorithm_;
  }

 private:
  bool made_ = false;
  std::optional<Algorithm> algorithm_;
};

/** What is prepared for one shape. */
struct Plan {
  Choice forward, data, weight;
  bool refuses_to_fuse = false;  // ReLU and bias with the convolution
};

class CudnnConvolution final : public ConvolutionEngine {
 public:
  CudnnConvolution(const Cudnn& cudnn, Context& context, const ConvolutionGeometry& geometry)
      : cudnn_(cudnn), context_(context), g_(geometry), bias_(1, geometry.num_output, 1, 1) {
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
    Plan* plan = plan_of(Direction::FORWARD, false, s);
    if (plan == nullptr) return false;
    const auto& algorithm = forward_algorithm(s, *plan);
    if (!algorithm) return false;
    const float *x = bottom.device_read(), *w = weight.device_read();
    float* y = top.device_overwrite();
    void* room = workspace(*algorithm);
    for_parts(s, *algorithm, [&](int64_t in, int64_t out) {
      require_cudnn(f().cudnnConvolutionForward(handle(), &kOne, algorithm->part->x, x + in, filter_, w, convolution_, algorithm->number, room,
                                                algorithm->workspace, &kZero, algorithm->part->y, y + out),
                    "a convolution");
    });
    if (bias != nullptr) add_bias(context_, s.batch, g_.num_output, count_of(s.output), bias->device_read(), y);
    return done(*algorithm);
  }

  /** y = max(0, x * w + factor * z + bias), of the algorithms for plain convolutions. */
  bool forward_fused(const ConvolutionShape& s, Tensor& bottom, Tensor& weight, Tensor* bias, const Epilogue& epilogue, Tensor& top) override {
    Plan* plan = bias != nullptr && epilogue.is_sum_and_relu() ? plan_of(Direction::FORWARD, true, s) : nullptr;
    if (plan == nullptr || plan->refuses_to_fuse) return false;
    const auto& algorithm = forward_algorithm(s, *plan);
    if (!algorithm || !fuses_well(algorithm->number, g_)) return false;
    const bool sum = epilogue.posts.size() == 2;
    const float *x = bottom.device_read(), *w = weight.device_read(), *shift = bias->device_read();
    const float* summand = sum ? epilogue.posts[0].tensor->device_read() : nullptr;
    if (summand == x) return false;  // cuDNN wants them apart
    float* y = top.device_overwrite();
    const float factor = sum ? epilogue.posts[0].a : 0;
    void* room = workspace(*algorithm);
    for_parts(s, *algorithm, [&](int64_t in, int64_t out) {
      if (plan->refuses_to_fuse) return;
      const Arrays& a = *algorithm->part;
      const int status = f().cudnnConvolutionBiasActivationForward(handle(), &kOne, a.x, x + in, filter_, w, convolution_, algorithm->number, room,
                                                                   algorithm->workspace, &factor, a.y, (sum ? summand : y) + out, bias_, shift,
                                                                   relu_, a.y, y + out);
      plan->refuses_to_fuse = status / 1000 * 1000 == kCudnnNotSupported;
      if (!plan->refuses_to_fuse) require_cudnn(status, "a convolution with bias and ReLU");
    });
    if (plan->refuses_to_fuse) return false;
    done(*algorithm);
    implementation_ += " with ReLU";
    return true;
  }

  bool backward_data(const ConvolutionShape& s, Tensor& top_diff, Tensor& weight, Tensor& bottom_diff) override {
    Plan* plan = plan_of(Direction::DATA, false, s);
    if (plan == nullptr) return false;
    const auto& algorithm = plan->data.get(
        question(s, Direction::DATA),
        [&](const Arrays& a, int most, int* count, CudnnAlgorithm* found) {
          return f().cudnnGetConvolutionBackwardDataAlgorithm_v7(handle(), filter_, a.y, convolution_, a.x, most, count, found);
        },
        [&](const Arrays& a, int number, size_t* bytes) {
          return f().cudnnGetConvolutionBackwardDataWorkspaceSize(handle(), filter_, a.y, convolution_, a.x, number, bytes);
        });
    if (!algorithm) return false;
    const float *dy = top_diff.device_read(), *w = weight.device_read();
    float* dx = bottom_diff.device_overwrite();
    void* room = workspace(*algorithm);
    for_parts(s, *algorithm, [&](int64_t in, int64_t out) {
      require_cudnn(f().cudnnConvolutionBackwardData(handle(), &kOne, filter_, w, algorithm->part->y, dy + out, convolution_, algorithm->number,
                                                     room, algorithm->workspace, &kZero, algorithm->part->x, dx + in),
                    "a convolution's gradient by its input");
    });
    return done(*algorithm);
  }

  bool backward_weight(const ConvolutionShape& s, Tensor& bottom, Tensor& top_diff, Tensor* weight_diff, Tensor* bias_diff) override {
    Plan* plan = plan_of(Direction::WEIGHT, false, s);
    if (plan == nullptr) return false;
    if (weight_diff != nullptr) {
      const auto& algorithm = plan->weight.get(
          question(s, Direction::WEIGHT),
          [&](const Arrays& a, int most, int* count, CudnnAlgorithm* found) {
            return f().cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle(), a.x, a.y, convolution_, filter_, most, count, found);
          },
          [&](const Arrays& a, int number, size_t* bytes) {
            return f().cudnnGetConvolutionBackwardFilterWorkspaceSize(handle(), a.x, a.y, convolution_, filter_, number, bytes);
          });
      if (!algorithm) return false;
      const float *x = bottom.device_read(), *dy = top_diff.device_read();
      const float* keep = weight_diff->is_zero() ? &kZero : &kOne;
      float* dw = weight_diff->is_zero() ? weight_diff->device_overwrite() : weight_diff->device_update();
      void* room = workspace(*algorithm);
      for_parts(s, *algorithm, [&](int64_t in, int64_t out) {
        require_cudnn(f().cudnnConvolutionBackwardFilter(handle(), &kOne, algorithm->part->x, x + in, algorithm->part->y, dy + out, convolution_,
                                                         algorithm->number, room, algorithm->workspace, keep, filter_, dw),
                      "a convolution's gradient by its weights");
        keep = &kOne;
      });
      done(*algorithm);
    }
    if (bias_diff != nullptr) bias_backward(&top_diff, bias_diff, count_of(s.output));  // cuDNN's takes ten times as long
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

  /** Null where the arrays are too large for cuDNN, or it is not the quickest. */
  Plan* plan_of(Direction direction, bool fused, const ConvolutionShape& s) {
    const bool fits = fits_cudnn({s.batch, g_.channels, s.input[0], s.input[1]}) && fits_cudnn({s.batch, g_.num_output, s.output[0], s.output[1]});
    if (!fits || products_are_quicker(direction, fused, g_, s)) return nullptr;
    return plans_.get({s.batch, s.input}, [] { return std::make_unique<Plan>(); }).get();
  }

  Question question(const ConvolutionShape& s, Direction direction) const { return {g_, s, direction, cudnn_.gpu().most_workspace()}; }

  const std::optional<Algorithm>& forward_algorithm(const ConvolutionShape& s, Plan& plan) {
    return plan.forward.get(
        question(s, Direction::FORWARD),
        [&](const Arrays& a, int most, int* count, CudnnAlgorithm* found) {
          return f().cudnnGetConvolutionForwardAlgorithm_v7(handle(), a.x, filter_, convolution_, a.y, most, count, found);
        },
        [&](const Arrays& a, int number, size_t* bytes) {
          return f().cudnnGetConvolutionForwardWorkspaceSize(handle(), a.x, filter_, convolution_, a.y, number, bytes);
        });
  }

  void* workspace(const Algorithm& algorithm) const { return algorithm.workspace == 0 ? nullptr : cudnn_.gpu().scratch(algorithm.workspace); }

  /** Calls f(first input, first output) for each part of the batch. */
  template <class F>
  void for_parts(const ConvolutionShape& s, const Algorithm& algorithm, const F& f) const {
    const int64_t images = s.batch / algorithm.parts, inputs = images * g_.channels * count_of(s.input),
                  outputs = images * g_.num_output * count_of(s.output);
    for (int64_t p = 0; p < algorithm.parts; ++p) f(p * inputs, p * outputs);
  }

  bool done(const Algorithm& algorithm) {
    implementation_ = "cudnn:" + std::to_string(algorithm.number);
    return true;
  }

  const Cudnn& cudnn_;
  Context& context_;
  const ConvolutionGeometry& g_;
  CudnnConvolutionDescriptor convolution_;
  CudnnFilter filter_;
  CudnnTensor bias_;
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
