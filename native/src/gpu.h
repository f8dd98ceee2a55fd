#pragma once
// What a context needs of a GPU. Abstract, so that the objects of src/ are the same in the library with CUDA and in the one without:
// cuda/cuda_context.h implements it, device.cpp says that there is none.
#include <cstdint>
#include <memory>
#include <string>
#include <typeinfo>
#include <vector>

#include "kernels/channel_pair.h"

namespace caffe4j {

class GpuCudnn;
struct MatrixBatch;
struct DepthwiseShape;

/** Copies of values between host and device since a context was made; each is one call, whatever its length. */
struct Transfers {
  int64_t to_device = 0, to_host = 0;
};

/** Measures between places in a GPU's queue of work; it must outlive its timers. Throws DEVICE. */
class GpuTimer {
 public:
  virtual ~GpuTimer() = default;
  /** Measures from the work that is given from here on; it has been called when made. */
  virtual void start() = 0;
  /** Milliseconds that the work given since start took; waits for it. */
  virtual double milliseconds() = 0;
};

/**
 * One GPU as one context uses it: its memory and one queue of work, in the order of the calls. Calls return before the work is done, but
 * for those that bring something to the host. Pointers are to device memory unless a name says host. Throws DEVICE and DEVICE_MEMORY.
 */
class Gpu : public std::enable_shared_from_this<Gpu> {
 public:
  virtual ~Gpu() = default;

  /** Memory of undefined contents. Freed memory may be had again at once: the queue keeps the order. */
  virtual void* allocate(size_t bytes) = 0;
  virtual void release(void* memory) noexcept = 0;
  /** Memory for the length of one operation, the same at every call. */
  virtual void* scratch(size_t bytes) = 0;
  virtual void clear(void* to, size_t bytes) = 0;
  virtual void copy(void* to, const void* from, size_t bytes) = 0;
  /** The host memory may be changed as soon as this returns. */
  virtual void to_device(void* to, const void* host_from, size_t bytes) = 0;
  /** Waits for everything before it. */
  virtual void to_host(void* host_to, const void* from, size_t bytes) = 0;
  /** Waits until all work is done. */
  virtual void synchronize() = 0;

  /** Runs f(i) for i in [0, n); `f` is an object of type `kernel`, one of the functors of kernels/. */
  virtual void launch(const std::type_info& kernel, const void* f, int64_t n) = 0;
  /** Runs f(i, c, i) over outer x channels x inner elements; c is the element's channel. */
  virtual void launch_channels(const std::type_info& kernel, const void* f, int64_t outer, int64_t channels, int64_t inner) = 0;
  /** Sum of the doubles f(i) for i in [0, n), brought to the host. */
  virtual double sum(const std::type_info& kernel, const void* f, int64_t n) = 0;
  /** out[c] += sum of the floats f(i) over the elements of channel c of outer x channels x inner. */
  virtual void add_channel_sums(const std::type_info& kernel, const void* f, int64_t outer, int64_t channels, int64_t inner, float* out) = 0;
  /** Sums of the pairs f(i, c) over the elements of each channel, in parts; they stay until the next call that adds up. Not of an empty array. */
  virtual ChannelPairs channel_pairs(const std::type_info& kernel, const void* f, int64_t outer, int64_t channels, int64_t inner) = 0;

  /** See gemm.h. */
  virtual void gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, const float* b, float beta,
                    float* c, const MatrixBatch& batch) = 0;
  /** The gradient of a depthwise convolution by its weights: dw = it, or dw += it if `keep`. */
  virtual void depthwise_backward_weight(const DepthwiseShape& s, const float* x, const float* dy, bool keep, float* dw) = 0;
  /** Softmax over the channels of outer x channels x inner, and its gradient; outputs may be inputs. */
  virtual void softmax_forward(const float* x, float* y, int64_t outer, int64_t channels, int64_t inner) = 0;
  virtual void softmax_backward(const float* y, const float* dy, float* dx, int64_t outer, int64_t channels, int64_t inner) = 0;

  /** cuDNN, opened at the first call; null where it cannot be used. */
  virtual GpuCudnn* cudnn() = 0;
  /** See context_library_problem. */
  virtual const std::string& library_problem(int library) = 0;

  virtual std::unique_ptr<GpuTimer> make_timer() = 0;
  virtual const Transfers& transfers() const = 0;
  /** Its number. */
  virtual int device() const = 0;
};

/** A GPU by its number. Throws DEVICE with the reason if it cannot be used. */
std::shared_ptr<Gpu> make_gpu(int device);

/** An array that every rank has in the memory of its GPU. */
struct SharedArray {
  std::vector<float*> of_rank;
  int64_t count;
};

/** Adds up over several GPUs, in the order of each one's calls; returns before the work is done. Throws DEVICE. */
class GpuSum {
 public:
  virtual ~GpuSum() = default;
  /** Every rank's array becomes the sum over all ranks. */
  virtual void sum(const std::vector<SharedArray>& arrays) = 0;
};

/** For different GPUs, which must outlive it. Throws DEVICE with the reason if they cannot be used together. */
std::unique_ptr<GpuSum> make_gpu_sum(const std::vector<Gpu*>& gpus);

}  // namespace caffe4j
