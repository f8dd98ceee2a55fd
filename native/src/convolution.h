#pragma once
// Inside of the Convolution handle: geometry shared by the engines.
#include <memory>
#include <string>

#include "caffe4j/convolution.h"
#include "epilogue.h"
#include "im2col.h"

namespace caffe4j {

struct ConvolutionGeometry {
  int64_t channels, num_output, group;
  Window window;
  bool inference;

  Dims weight_dims() const;
};

/** One call's shapes: N x C x spatial. */
struct ConvolutionShape {
  int64_t batch;
  Dims input, output;

  /** From the blob on the input side (whose last axes are spatial, before them the channels), checked against the other side. */
  ConvolutionShape(const ConvolutionGeometry& geometry, const Tensor& input_side, const Tensor& output_side);
};

/** A way to compute convolutions. Forward returns false where this way has no kernel for the shape. */
class ConvolutionEngine {
 public:
  virtual ~ConvolutionEngine() = default;
  virtual bool forward(const ConvolutionShape& shape, Tensor& bottom, Tensor& weight, Tensor* bias, Tensor& top) = 0;
  /** As forward, with an epilogue in the same kernel; false also where there is no such kernel. */
  virtual bool forward_fused(const ConvolutionShape& shape, Tensor& bottom, Tensor& weight, Tensor* bias, const Epilogue& epilogue, Tensor& top) {
    (void)shape, (void)bottom, (void)weight, (void)bias, (void)epilogue, (void)top;
    return false;
  }
  virtual bool backward_data(const ConvolutionShape& shape, Tensor& top_diff, Tensor& weight, Tensor& bottom_diff) = 0;
  virtual bool backward_weight(const ConvolutionShape& shape, Tensor& bottom, Tensor& top_diff, Tensor* weight_diff, Tensor* bias_diff) = 0;
  virtual std::string implementation() const = 0;
};

/**
 * Whether oneDNN's kernel for the gradient of a convolution by its data, with which it computes deconvolutions, is wrong and writes beyond
 * the array: 3.11's SVE kernel of depthwise ones where the channels do not fill its blocks.
 */
bool data_gradient_overruns(int64_t channels, int64_t group);

std::unique_ptr<ConvolutionEngine> make_dnnl_convolution(Context& context, const ConvolutionGeometry& geometry);
/** True for geometries of few channels that row-major values suit better than oneDNN's blocks of 16 channels. */
bool direct_convolution_suits(const ConvolutionGeometry& geometry);
std::unique_ptr<ConvolutionEngine> make_direct_convolution(Context& context, const ConvolutionGeometry& geometry);
/** True for kernels of 3x3 and 5x5 weights, one a channel, without dilation. */
bool depthwise_convolution_suits(const ConvolutionGeometry& geometry);
/** For a GPU. */
std::unique_ptr<ConvolutionEngine> make_depthwise_convolution(Context& context, const ConvolutionGeometry& geometry);
std::unique_ptr<ConvolutionEngine> make_gemm_convolution(Context& context, const ConvolutionGeometry& geometry);

/** y[n, c, :] += bias[c]. */
void add_bias(const Context& context, int64_t batch, int64_t channels, int64_t rest, const float* bias, float* y);

}  // namespace caffe4j
