#include "convolution.h"

#include <algorithm>

#include "error.h"
#include "gemm.h"
#include "gpu_cudnn.h"
#include "kernels/bias.h"
#include "launch.h"

namespace caffe4j {

Dims ConvolutionGeometry::weight_dims() const {
  Dims dims{num_output, channels / group};
  dims.insert(dims.end(), window.kernel.begin(), window.kernel.end());
  return dims;
}

ConvolutionShape::ConvolutionShape(const ConvolutionGeometry& g, const Tensor& input_side, const Tensor& output_side) {
  const Dims& dims = input_side.dims();
  const size_t axes = g.window.axes();
  require(dims.size() > axes, ErrorKind::SHAPE, "convolution over ", axes, " spatial axes needs a channel axis in front of them, got shape ",
          shape_string(dims));
  const size_t channel_axis = dims.size() - axes - 1;
  require(dims[channel_axis] == g.channels, ErrorKind::SHAPE, "expected ", g.channels, " channels, got shape ", shape_string(dims),
          "; Input size incompatible with convolution kernel.");
  batch = count_of(dims, 0, channel_axis);
  input.assign(dims.begin() + std::ptrdiff_t(channel_axis) + 1, dims.end());
  output = g.window.output(input);
  require_countable("a convolution", {batch, g.channels * count_of(input), g.num_output * count_of(output)});
  require(output_side.count() == batch * g.num_output * count_of(output), ErrorKind::SHAPE, "the other side of the convolution has shape ",
          shape_string(output_side.dims()), ", expected ", batch * g.num_output * count_of(output), " elements");
}

/**
 * Chooses the engine: on a GPU our own kernels for depthwise convolutions unless cuDNN is asked for, cuDNN for others; on the CPU the one for few channels where it suits, else oneDNN. Where it was refused or has no kernel
 * for a shape, im2col. The smallest convolutions of the CPU, which no blocked layout suits and whose time is that of starting a kernel, are
 * computed as in Caffe, to the last bit where OpenBLAS takes the same kernels.
 */
class Convolution {
  static constexpr int64_t kFewChannels = 8;
  static constexpr int64_t kFewCalls = 16;

 public:
  Convolution(Context& context, ConvolutionGeometry geometry, int engine)
      : context_(context), geometry_(std::move(geometry)), gemm_(make_gemm_convolution(context, geometry_)),
        small_too_(engine == ENGINE_FAST || context.gpu() != nullptr) {
    if (context.gpu() != nullptr) {
      if (engine != ENGINE_CUDNN && depthwise_convolution_suits(geometry_)) {
        fast_ = make_depthwise_convolution(context, geometry_);
      } else if (GpuCudnn* cudnn = cudnn_for(context, engine)) {
        fast_ = cudnn->convolution(context, geometry_);
      }
    } else if (engine == ENGINE_CAFFE) {
      return;
    } else if (direct_convolution_suits(geometry_)) {
      fast_ = make_direct_convolution(context, geometry_);
    } else if (geometry_.window.axes() <= 3 && !geometry_.window.is_dilated_into_padding()) {
      fast_ = make_dnnl_convolution(context, geometry_);
    }
  }

  const ConvolutionGeometry& geometry() const { return geometry_; }
  Context& context() const { return context_; }
  const std::string& implementation() const { return implementation_; }

  void check_parameters(const Tensor* weight, const Tensor* bias, int64_t bias_count) const {
    if (weight != nullptr) {
      require(weight->count() == count_of(geometry_.weight_dims()), ErrorKind::SHAPE, "weights have shape ", shape_string(weight->dims()),
              ", expected ", shape_string(geometry_.weight_dims()));
    }
    require(bias == nullptr || bias->count() == bias_count, ErrorKind::SHAPE, "the bias must have ", bias_count, " elements");
  }

  template <class Step>
  void run(const ConvolutionShape& shape, const Step& step) {
    if (run_fast(shape, step)) return;
    step(*gemm_);
    implementation_ = gemm_->implementation();
  }

  /** False where only im2col computes this. */
  template <class Step>
  bool run_fast(const ConvolutionShape& shape, const Step& step) {
    if (!fast_ || is_small(shape) || !step(*fast_)) return false;
    implementation_ = fast_->implementation();
    return true;
  }

 private:
  bool is_small(const ConvolutionShape& s) const {
    return !small_too_ && std::max(geometry_.channels, geometry_.num_output) < kFewChannels && s.batch * geometry_.group <= kFewCalls &&
           s.batch * count_of(s.output) * count_of(geometry_.weight_dims()) <= kSmallProduct;
  }

  Context& context_;
  ConvolutionGeometry geometry_;
  std::unique_ptr<ConvolutionEngine> fast_, gemm_;
  bool small_too_;
  std::string implementation_ = "none yet";
};

Convolution* convolution_create(Context* context, int engine, int64_t channels, int64_t num_output, int64_t group, const int64_t* kernel,
                                const int64_t* stride, const int64_t* pad, const int64_t* dilation, int axes, bool inference) {
  Context& c = deref(context, "context");
  require(channels > 0 && num_output > 0 && group > 0, ErrorKind::INVALID, "channels, num_output and group must be positive, got ", channels,
          ", ", num_output, " and ", group);
  require(channels % group == 0, ErrorKind::INVALID, channels, " channels cannot be divided by group ", group);
  require(num_output % group == 0, ErrorKind::INVALID, "Number of output should be multiples of group: ", num_output, " against ", group);
  return new Convolution(c, {channels, num_output, group, Window::of(kernel, stride, pad, dilation, axes), inference}, engine);
}

void convolution_destroy(Convolution* convolution) { delete convolution; }

bool convolution_overruns(const Convolution* convolution) {
  return deref(convolution, "convolution").geometry().window.is_dilated_into_padding();
}

const char* convolution_implementation(const Convolution* convolution) {
  return deref(convolution, "convolution").implementation().c_str();
}

namespace {

/** @param epilogue null for none */
void forward(Convolution& op, Tensor& x, Tensor& w, Tensor* bias, const Epilogue* epilogue, Tensor& y) {
  require(!x.shares_with(y), ErrorKind::INVALID, "convolution cannot work in place");
  op.check_parameters(&w, bias, op.geometry().num_output);
  const ConvolutionShape shape(op.geometry(), x, y);
  if (x.count() == 0) return;
  op.context().enter();
  if (epilogue == nullptr) return op.run(shape, [&](ConvolutionEngine& engine) { return engine.forward(shape, x, w, bias, y); });
  if (op.run_fast(shape, [&](ConvolutionEngine& engine) { return engine.forward_fused(shape, x, w, bias, *epilogue, y); })) return;
  op.run(shape, [&](ConvolutionEngine& engine) { return engine.forward(shape, x, w, nullptr, y); });
  epilogue->run(y, nullptr, bias, y);
}

}  // namespace

void convolution_forward(Convolution* convolution, Tensor* bottom, Tensor* weight, Tensor* bias, Tensor* top) {
  forward(deref(convolution, "convolution"), deref(bottom, "bottom"), deref(weight, "weight"), bias, nullptr, deref(top, "top"));
}

void convolution_forward_fused(Convolution* convolution, Tensor* bottom, Tensor* weight, Tensor* bias, const Epilogue* epilogue, Tensor* top) {
  forward(deref(convolution, "convolution"), deref(bottom, "bottom"), deref(weight, "weight"), bias, &deref(epilogue, "epilogue"),
          deref(top, "top"));
}

void convolution_backward_data(Convolution* convolution, Tensor* top_diff, Tensor* weight, Tensor* bias, Tensor* bottom_diff) {
  Convolution& op = deref(convolution, "convolution");
  Tensor &dy = deref(top_diff, "top diff"), &w = deref(weight, "weight"), &dx = deref(bottom_diff, "bottom diff");
  require(!dy.shares_with(dx), ErrorKind::INVALID, "convolution cannot work in place");
  op.check_parameters(&w, bias, op.geometry().channels);
  const ConvolutionShape shape(op.geometry(), dx, dy);
  if (dx.count() == 0) return;
  op.context().enter();
  op.run(shape, [&](ConvolutionEngine& engine) { return engine.backward_data(shape, dy, w, dx); });
  if (bias != nullptr) {
    add_bias(op.context(), shape.batch, op.geometry().channels, count_of(shape.input), bias->device_read(), dx.device_update());
  }
}

void convolution_backward_weight(Convolution* convolution, Tensor* bottom, Tensor* top_diff, Tensor* weight_diff, Tensor* bias_diff) {
  Convolution& op = deref(convolution, "convolution");
  Tensor &x = deref(bottom, "bottom"), &dy = deref(top_diff, "top diff");
  op.check_parameters(weight_diff, bias_diff, op.geometry().num_output);
  const ConvolutionShape shape(op.geometry(), x, dy);
  if (x.count() == 0 || (weight_diff == nullptr && bias_diff == nullptr)) return;
  op.context().enter();
  op.run(shape, [&](ConvolutionEngine& engine) { return engine.backward_weight(shape, x, dy, weight_diff, bias_diff); });
}

void add_bias(const Context& context, int64_t batch, int64_t channels, int64_t rest, const float* bias, float* y) {
  if (Gpu* gpu = context.gpu()) {
    const BiasForward kernel{y, bias, y};
    return gpu->launch_channels(typeid(kernel), &kernel, batch, channels, rest);
  }
  context.enter();
#pragma omp parallel for schedule(static) if (batch * channels * rest >= kSerialBelow)
  for (int64_t nc = 0; nc < batch * channels; ++nc) {
    const float b = bias[nc % channels];
    float* row = y + nc * rest;
    for (int64_t i = 0; i < rest; ++i) row[i] += b;
  }
}

}  // namespace caffe4j
