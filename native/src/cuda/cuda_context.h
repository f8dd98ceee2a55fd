#pragma once
// The GPU of a context through the CUDA runtime.
#include <cuda_runtime_api.h>

#include "cuda/cublas.h"
#include "gpu.h"

namespace caffe4j {

/**
 * One stream on one device, so that everything happens in the order of the calls. Memory comes from CUDA's own pool, which keeps what is
 * freed for the next request. Host values pass through two pinned buffers in turns, so that one is filled while the other is on its way.
 */
class CudaContext final : public Gpu {
 public:
  explicit CudaContext(int device);
  ~CudaContext() override;

  void* allocate(size_t bytes) override;
  void release(void* memory) noexcept override;
  void* scratch(size_t bytes) override;
  void clear(void* to, size_t bytes) override;
  void copy(void* to, const void* from, size_t bytes) override;
  void to_device(void* to, const void* host_from, size_t bytes) override;
  void to_host(void* host_to, const void* from, size_t bytes) override;
  void synchronize() override;

  void launch(const std::type_info& kernel, const void* f, int64_t n) override;
  void launch_channels(const std::type_info& kernel, const void* f, int64_t outer, int64_t channels, int64_t inner) override;
  double sum(const std::type_info& kernel, const void* f, int64_t n) override;
  void add_channel_sums(const std::type_info& kernel, const void* f, int64_t outer, int64_t channels, int64_t inner, float* out) override;
  void gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, const float* b, float beta,
            float* c) override;
  void softmax_forward(const float* x, float* y, int64_t outer, int64_t channels, int64_t inner) override;
  void softmax_backward(const float* y, const float* dy, float* dx, int64_t outer, int64_t channels, int64_t inner) override;

  const Transfers& transfers() const override { return transfers_; }
  int device() const override { return device_; }
  cudaStream_t stream() const { return stream_; }

 private:
  /** The stream, which goes last. */
  struct Device {
    explicit Device(int number);
    ~Device();
    cudaStream_t stream = nullptr;
  };

  /** A pinned buffer and the event after which it may be used again. */
  struct Staging {
    ~Staging();
    void make(size_t bytes);
    void* memory = nullptr;
    cudaEvent_t free = nullptr;
  };

  /** Which device a thread uses is a setting of the thread, so every call begins with this. */
  void enter() const;
  Staging& next_staging();

  int device_;
  Device owned_;
  cudaStream_t stream_;
  bool has_pool_ = false;
  Staging staging_[2];
  int turn_ = 0;
  void* scratch_ = nullptr;
  size_t scratch_bytes_ = 0;
  double* partial_ = nullptr;  // of sum()
  Transfers transfers_;
  Cublas cublas_;
};

}  // namespace caffe4j
