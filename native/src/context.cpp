#include "context.h"

#include <cblas.h>
#include <omp.h>

#include <string>

#include "error.h"

namespace caffe4j {

namespace {
int usable_threads(int asked) {
  require(asked >= 0, ErrorKind::INVALID, "number of threads must not be negative, got ", asked);
  return asked == 0 ? omp_get_num_procs() : asked;
}
}  // namespace

Context::Context(int threads, std::shared_ptr<Gpu> gpu)
    : gpu_(std::move(gpu)), threads_(usable_threads(threads)), engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
  // OpenBLAS has a pool of its own that fights with OpenMP's; gemm.cpp spreads its calls over our threads instead.
  openblas_set_num_threads(1);
}

void Context::enter() const { omp_set_num_threads(threads_); }

float* Context::scratch(int64_t count) {
  return gpu_ ? static_cast<float*>(gpu_->scratch(size_t(count) * sizeof(float))) : host_scratch(count);
}

float* Context::host_scratch(int64_t count) {
  if (!scratch_ || scratch_->capacity() < count) {
    scratch_.reset();
    scratch_ = std::make_unique<Buffer>(count);
  }
  return scratch_->data();
}

void Context::reorder(dnnl::memory& from, dnnl::memory& to, bool add) {
  try {
    dnnl::primitive_attr attributes;
    if (add) {
      dnnl::post_ops sum;
      sum.append_sum(1.f);
      attributes.set_post_ops(sum);
    }
    dnnl::reorder(from, to, attributes).execute(stream_, from, to);
    stream_.wait();
  } catch (const dnnl::error& e) {
    fail(ErrorKind::INTERNAL, "oneDNN cannot convert between two memory layouts: ", e.what());
  }
  ++reorders_;
}

void Context::execute(const dnnl::primitive& primitive, const std::unordered_map<int, dnnl::memory>& arguments) {
  try {
    primitive.execute(stream_, arguments);
    stream_.wait();
  } catch (const dnnl::error& e) {
    fail(e.status == dnnl_out_of_memory ? ErrorKind::HOST_MEMORY : ErrorKind::INTERNAL, "oneDNN: ", e.what());
  }
}

Context* Context::create(int threads, std::shared_ptr<Gpu> gpu) {
  try {
    auto context = std::make_shared<Context>(threads, std::move(gpu));
    context->handle_ = context;
    return context.get();
  } catch (const dnnl::error& e) {
    fail(ErrorKind::INTERNAL, "oneDNN cannot start on this processor: ", e.what());
  }
}

Context* context_create_cpu(int threads) { return Context::create(threads, nullptr); }
Context* context_create_gpu(int device, int threads) { return Context::create(threads, make_gpu(device)); }

void context_destroy(Context* context) {
  if (context != nullptr) std::shared_ptr<Context>(std::move(context->handle_)).reset();
}

int context_threads(const Context* context) { return deref(context, "context").threads(); }
int64_t context_reorders(const Context* context) { return deref(context, "context").reorders(); }

int64_t context_transfers(const Context* context, bool to_host) {
  const Gpu* gpu = deref(context, "context").gpu();
  return gpu == nullptr ? 0 : to_host ? gpu->transfers().to_host : gpu->transfers().to_device;
}

const char* context_library_problem(Context* context, int library) {
  require(library == GPU_LIBRARY_CUBLAS || library == GPU_LIBRARY_CUDNN, ErrorKind::INVALID, "there is no library ", library);
  Gpu* gpu = deref(context, "context").gpu();
  return gpu == nullptr ? "" : gpu->library_problem(library).c_str();
}

void context_synchronize(Context* context) {
  if (Gpu* gpu = deref(context, "context").gpu()) gpu->synchronize();
}

const char* build_description() {
  static const std::string text = [] {
    const dnnl_version_t* v = dnnl_version();
    return std::string("g++ " __VERSION__ ", oneDNN ") + std::to_string(v->major) + "." + std::to_string(v->minor) + ", " +
           openblas_get_config();
  }();
  return text.c_str();
}

}  // namespace caffe4j
