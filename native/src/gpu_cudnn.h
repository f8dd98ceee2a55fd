#pragma once
// What operations use of cuDNN. Abstract, as Gpu is: cuda/cudnn.h implements it.
#include <memory>

#include "caffe4j/engine.h"
#include "context.h"
#include "kernels/pooling.h"

namespace caffe4j {

struct ConvolutionGeometry;
class ConvolutionEngine;

enum class CudnnActivation { SIGMOID, RELU, TANH };

/** Local response normalization of batch x channels x height x width; see the API's lrn.h. */
struct CudnnLrn {
  int64_t batch, channels, height, width;
  bool across;
  int64_t size;
  float alpha, beta, k;
};

/**
 * cuDNN on one GPU, in its queue of work. Arrays are row-major, in the GPU's memory. Where cuDNN does not compute this, or not what Caffe
 * computes, a function returns false (null) and has done nothing: the CAFFE engine is to compute. Throws DEVICE and DEVICE_MEMORY.
 */
class GpuCudnn {
 public:
  virtual ~GpuCudnn() = default;

  /** For two spatial axes without dilation. The geometry must outlive it. */
  virtual std::unique_ptr<ConvolutionEngine> convolution(Context& context, const ConvolutionGeometry& geometry) = 0;

  /** y = f(x); y may be x. */
  virtual bool activation_forward(CudnnActivation f, int64_t n, const float* x, float* y) = 0;
  /** dx = f'(x) * dy with y = f(x); for RELU y may be x. dx may be dy. */
  virtual bool activation_backward(CudnnActivation f, int64_t n, const float* y, const float* dy, float* dx) = 0;

  /** As Gpu's. */
  virtual bool softmax_forward(const float* x, float* y, int64_t outer, int64_t channels, int64_t inner) = 0;
  virtual bool softmax_backward(const float* y, const float* dy, float* dx, int64_t outer, int64_t channels, int64_t inner) = 0;

  /** AVE, where all windows lie in the padded input. */
  virtual bool average_pooling_forward(const PoolingWindow& window, const PoolingShape& s, const float* x, float* y) = 0;
  virtual bool average_pooling_backward(const PoolingWindow& window, const PoolingShape& s, const float* x, const float* dy, float* dx) = 0;

  virtual bool lrn_forward(const CudnnLrn& lrn, const float* x, float* y) = 0;
  virtual bool lrn_backward(const CudnnLrn& lrn, const float* x, const float* dy, float* dx) = 0;
};

/** cuDNN, where the engine asks for it or defaults to it and it can be used; else null. */
inline GpuCudnn* cudnn_for(const Context& context, int engine) {
  Gpu* gpu = context.gpu();
  return gpu == nullptr || engine == ENGINE_CAFFE ? nullptr : gpu->cudnn();
}

}  // namespace caffe4j
