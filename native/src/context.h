#pragma once
#include <cstdint>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

#include "buffer.h"
#include "caffe4j/context.h"
#include "gpu.h"

namespace caffe4j {

/** Kept alive by its tensors, so that a context closed too early is an error message and not a crash. */
class Context : public std::enable_shared_from_this<Context> {
 public:
  /** Without a GPU it computes on the CPU. With one, operations that have no code for it still run on `threads` threads of the host. */
  explicit Context(int threads, std::shared_ptr<Gpu> gpu = nullptr);

  int threads() const { return threads_; }
  const dnnl::engine& engine() const { return engine_; }
  dnnl::stream& stream() { return stream_; }
  /** The GPU that this context computes on; null for the CPU. */
  Gpu* gpu() const { return gpu_.get(); }

  /** OpenMP's thread count is a setting of the calling thread, so every entry point that computes calls this first. */
  void enter() const;

  /** Host memory for the length of one operation, shared by all operations of the context; contents undefined. */
  float* host_scratch(int64_t count);
  /** The same where the context computes: device memory on a GPU. */
  float* scratch(int64_t count);

  /** Copies `from` to `to`, or adds it, converting layouts; the primitive is cached by the two descriptors in oneDNN. */
  void reorder(dnnl::memory& from, dnnl::memory& to, bool add = false);
  int64_t reorders() const { return reorders_; }
  /** Counts reorders that a compiled plan did by itself. */
  void add_reorders(int64_t count) { reorders_ += count; }

  /** Runs a primitive and waits for it. oneDNN's failures become Error. */
  void execute(const dnnl::primitive& primitive, const std::unordered_map<int, dnnl::memory>& arguments);

 private:
  std::shared_ptr<Gpu> gpu_;
  int threads_;
  dnnl::engine engine_;
  dnnl::stream stream_;
  std::unique_ptr<Buffer> scratch_;
  int64_t reorders_ = 0;
  std::shared_ptr<Context> handle_;  // the reference that context_destroy gives up

  static Context* create(int threads, std::shared_ptr<Gpu> gpu);
  friend Context* context_create_cpu(int);
  friend Context* context_create_gpu(int, int);
  friend void context_destroy(Context*);
};

}  // namespace caffe4j
