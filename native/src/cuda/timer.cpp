// Times of a stream's work by events in it.
#include "cuda/cuda_context.h"
#include "cuda/cuda_error.h"

namespace caffe4j {

namespace {

class Event {
 public:
  Event() { require_cuda(cudaEventCreateWithFlags(&event_, cudaEventDefault), "making a CUDA event"); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  cudaEvent_t get() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

class CudaTimer final : public GpuTimer {
 public:
  CudaTimer(int device, cudaStream_t stream) : device_(device), stream_(stream) { start(); }

  void start() override { record(begin_); }

  double milliseconds() override {
    record(end_);
    require_cuda(cudaEventSynchronize(end_.get()), "waiting for the GPU");
    float milliseconds = 0;
    require_cuda(cudaEventElapsedTime(&milliseconds, begin_.get(), end_.get()), "measuring the time of a GPU's work");
    return double(milliseconds);
  }

 private:
  void record(const Event& event) {
    require_cuda(cudaSetDevice(device_), "choosing a CUDA device");
    require_cuda(cudaEventRecord(event.get(), stream_), "marking a place in the GPU's work");
  }

  int device_;
  cudaStream_t stream_;
  Event begin_, end_;
};

}  // namespace

std::unique_ptr<GpuTimer> CudaContext::make_timer() {
  enter();
  return std::make_unique<CudaTimer>(device_, stream_);
}

}  // namespace caffe4j
