// Depthwise convolution on a GPU: a thread an output or an input, where cuDNN and products of matrices have little to share.
#include "caffe4j/bias.h"
#include "convolution.h"
#include "kernels/depthwise.h"
#include "launch.h"

namespace caffe4j {

namespace {

class DepthwiseConvolution final : public ConvolutionEngine {
 public:
  DepthwiseConvolution(Context& context, const ConvolutionGeometry& geometry) : context_(context), g_(geometry) {}

  bool forward(const ConvolutionShape& shape, Tensor& bottom, Tensor& weight, Tensor* bias, Tensor& top) override {
    const DepthwiseShape s = shape_of(shape);
    if (!fits(s)) return false;
    const float *x = bottom.device_read(), *w = weight.device_read(), *b = bias == nullptr ? nullptr : bias->device_read();
    run(s, x, w, b, top.device_overwrite(), false);
    return true;
  }

  bool backward_data(const ConvolutionShape& shape, Tensor& top_diff, Tensor& weight, Tensor& bottom_diff) override {
    const DepthwiseShape s = shape_of(shape);
    if (!fits(s)) return false;
    const float *dy = top_diff.device_read(), *w = weight.device_read();
    float* dx = bottom_diff.device_overwrite();
    if (s.stride_h == 1 && s.stride_w == 1) {
      // The convolution of the gradient with the kernels turned around.
      const int64_t pad = s.side - 1;
      run({s.batch, s.channels, s.out_h, s.out_w, s.height, s.width, s.side, 1, 1, pad - s.pad_h, pad - s.pad_w}, dy, w, nullptr, dx, true);
    } else {
      launch(context_, s.inputs(), DepthwiseBackwardData{{Divisor(s.width), Divisor(s.height), Divisor(s.channels)}, s, dy, w, dx});
    }
    return true;
  }

  bool backward_weight(const ConvolutionShape& shape, Tensor& bottom, Tensor& top_diff, Tensor* weight_diff, Tensor* bias_diff) override {
    const DepthwiseShape s = shape_of(shape);
    if (!fits(s)) return false;
    if (weight_diff != nullptr) {
      const float *x = bottom.device_read(), *dy = top_diff.device_read();
      const bool keep = !weight_diff->is_zero();
      context_.gpu()->depthwise_backward_weight(s, x, dy, keep, keep ? weight_diff->device_update() : weight_diff->device_overwrite());
    }
    if (bias_diff != nullptr) bias_backward(&top_diff, bias_diff, s.out_h * s.out_w);
    return true;
  }

  std::string implementation() const override { return "depthwise"; }

 private:
  DepthwiseShape shape_of(const ConvolutionShape& s) const {
    const Window& w = g_.window;
    return {s.batch, g_.channels, s.input[0], s.input[1], s.output[0], s.output[1], w.kernel[0], w.stride[0], w.stride[1], w.pad[0], w.pad[1]};
  }

  static bool fits(const DepthwiseShape& s) {
    return s.inputs() < Divisor::kMost && s.outputs() < Divisor::kMost && s.stride_h < kFar && s.stride_w < kFar && s.pad_h < kFar && s.pad_w < kFar;
  }

  void run(const DepthwiseShape& s, const float* x, const float* w, const float* bias, float* y, bool turned) {
    const PlaneDivisors outputs{Divisor(s.out_w), Divisor(s.out_h), Divisor(s.channels)};
    if (s.side == 3) {
      launch(context_, s.outputs(), DepthwiseForward<3>{outputs, s, x, w, bias, y, turned});
    } else {
      launch(context_, s.outputs(), DepthwiseForward<5>{outputs, s, x, w, bias, y, turned});
    }
  }

  /** Of strides and pads: positions are counted in 32 bits. */
  static constexpr int64_t kFar = 1 << 12;

  Context& context_;
  const ConvolutionGeometry& g_;
};

}  // namespace

bool depthwise_convolution_suits(const ConvolutionGeometry& g) {
  const Window& w = g.window;
  return g.group == g.channels && g.group == g.num_output && g.group > 1 && w.axes() == 2 && w.dilation == Dims{1, 1} &&
         w.kernel[0] == w.kernel[1] && (w.kernel[0] == 3 || w.kernel[0] == 5);
}

std::unique_ptr<ConvolutionEngine> make_depthwise_convolution(Context& context, const ConvolutionGeometry& geometry) {
  return std::make_unique<DepthwiseConvolution>(context, geometry);
}

}  // namespace caffe4j
