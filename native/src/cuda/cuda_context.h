#pragma once
// The GPU of a context through the CUDA runtime.
#include <cuda_runtime_api.h>

#include <memory>
#include <string>

#include "cuda/cublas.h"
#include "cuda/cudnn.h"
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
  ChannelPairs channel_pairs(const std::type_info& kernel, const void* f, int64_t outer, int64_t channels, int64_t inner) override;
  void gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, const float* b, float beta,
            float* c, const MatrixBatch& batch) override;
  void depthwise_backward_weight(const DepthwiseShape& s, const float* x, const float* dy, bool keep, float* dw) override;
  void softmax_forward(const float* x, float* y, int64_t outer, int64_t channels, int64_t inner) override;
  void softmax_backward(const float* y, const float* dy, float* dx, int64_t outer, int64_t channels, int64_t inner) override;

  GpuCudnn* cudnn() override;
  const std::string& library_problem(int library) override;

  std::unique_ptr<GpuTimer> make_timer() override;
  const Transfers& transfers() const override { return transfers_; }
  int device() const override { return device_; }
  cudaStream_t stream() const { return stream_; }
  /** Bytes of workspace that an algorithm may take; all of a context share one. */
  size_t most_workspace() const { return most_workspace_; }
  /** Which device a thread uses is a setting of the thread, so every call begins with this. */
  void enter() const;

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

  /** Memory that grows when more is asked for. */
  struct Room {
    void* memory = nullptr;
    size_t bytes = 0;
  };

  /** A library, or why it cannot be used; neither before it was needed. */
  template <class T>
  struct Opened {
    std::unique_ptr<T> library;
    std::string problem;
  };

  /** The library, opened from `argument` unless that was tried before; null where it cannot be used. */
  template <class T, class Argument>
  T* open(Opened<T>& opened, Argument&& argument);
  void* room(Room& room, size_t bytes);
  Staging& next_staging();
  void own_gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, const float* b, float beta, float* c);

  int device_;
  Device owned_;
  cudaStream_t stream_;
  bool has_pool_ = false;
  size_t most_workspace_ = 0;
  Staging staging_[2];
  int turn_ = 0;
  Room scratch_, parts_;  // parts of sums, which an operation may ask for while it uses its scratch memory
  Transfers transfers_;
  Opened<Cublas> cublas_;
  Opened<Cudnn> cudnn_;
};

}  // namespace caffe4j
