#pragma once
// cuDNN, opened at run time. Its headers are not needed to build.
#include "cuda/cudnn_descriptors.h"
#include "gpu_cudnn.h"

namespace caffe4j {

class CudaContext;

/** A handle of cuDNN in a context's stream. The context outlives it. */
class Cudnn final : public GpuCudnn {
 public:
  /** On the current device. Throws DEVICE if cuDNN cannot be opened or started. */
  explicit Cudnn(CudaContext& gpu);
  ~Cudnn() override;
  Cudnn(const Cudnn&) = delete;
  Cudnn& operator=(const Cudnn&) = delete;

  std::unique_ptr<ConvolutionEngine> convolution(Context& context, const ConvolutionGeometry& geometry) override;
  bool activation_forward(CudnnActivation f, int64_t n, const float* x, float* y) override;
  bool activation_backward(CudnnActivation f, int64_t n, const float* y, const float* dy, float* dx) override;
  bool softmax_forward(const float* x, float* y, int64_t outer, int64_t channels, int64_t inner) override;
  bool softmax_backward(const float* y, const float* dy, float* dx, int64_t outer, int64_t channels, int64_t inner) override;
  bool average_pooling_forward(const PoolingWindow& window, const PoolingShape& s, const float* x, float* y) override;
  bool average_pooling_backward(const PoolingWindow& window, const PoolingShape& s, const float* x, const float* dy, float* dx) override;
  bool lrn_forward(const CudnnLrn& lrn, const float* x, float* y) override;
  bool lrn_backward(const CudnnLrn& lrn, const float* x, const float* dy, float* dx) override;

  cudnnContext* handle() const { return handle_; }
  CudaContext& gpu() const { return gpu_; }

 private:
  /** A copy of x, for operations of which cuDNN does not say that they may work in place. */
  const float* kept_elsewhere(const float* x, size_t bytes, void* place);

  CudaContext& gpu_;
  cudnnContext* handle_ = nullptr;
};

}  // namespace caffe4j
