#include "cuda/nccl.h"

#include <string>

#include "caffe4j/all_reduce.h"
#include "caffe4j/device.h"
#include "cuda/libraries.h"
#include "error.h"

namespace caffe4j {

namespace {

constexpr int kFloat = 7, kSum = 0;  // ncclFloat, ncclSum

/** The functions, by the names that the library exports; results are 0 or a status. */
struct Functions {
  int (*init_all)(void**, int, const int*) = nccl().function<int(void**, int, const int*)>("ncclCommInitAll");
  int (*destroy)(void*) = nccl().function<int(void*)>("ncclCommDestroy");
  int (*group_start)() = nccl().function<int()>("ncclGroupStart");
  int (*group_end)() = nccl().function<int()>("ncclGroupEnd");
  int (*all_reduce)(const void*, void*, size_t, int, int, void*, cudaStream_t) =
      nccl().function<int(const void*, void*, size_t, int, int, void*, cudaStream_t)>("ncclAllReduce");
  const char* (*error_string)(int) = nccl().function<const char*(int)>("ncclGetErrorString");

  bool complete() const {
    return init_all != nullptr && destroy != nullptr && group_start != nullptr && group_end != nullptr && all_reduce != nullptr &&
           error_string != nullptr;
  }
};

const Functions& functions() {
  static const Functions found;
  return found;
}

void require_nccl(int status, const char* what) {
  require(status == 0, ErrorKind::DEVICE, what, ": NCCL status ", status, " (", functions().error_string(status), ")",
          "; NCCL_DEBUG=WARN shows what NCCL says of it");
}

}  // namespace

const char* all_reduce_unavailability() {
  static const std::string text = !nccl().is_open()          ? nccl().problem()
                                  : !functions().complete() ? "the NCCL that was found lacks functions of this release"
                                                             : std::string();
  return text.c_str();
}

std::unique_ptr<GpuSum> make_gpu_sum(const std::vector<Gpu*>& gpus) {
  std::vector<CudaContext*> contexts;
  for (Gpu* gpu : gpus) contexts.push_back(static_cast<CudaContext*>(gpu));  // this library makes no other kind
  return std::make_unique<Nccl>(std::move(contexts));
}

Nccl::Nccl(std::vector<CudaContext*> gpus) : gpus_(std::move(gpus)) {
  const std::string problem = all_reduce_unavailability();
  require(problem.empty(), ErrorKind::DEVICE, "adding up over several GPUs needs NCCL: ", problem,
          " (install libnccl2 and put its folder into LD_LIBRARY_PATH)");
  std::vector<int> devices;
  for (const CudaContext* gpu : gpus_) devices.push_back(gpu->device());
  std::vector<void*> made(devices.size());
  require_nccl(functions().init_all(made.data(), int(devices.size()), devices.data()), "starting NCCL");
  communicators_ = std::move(made);
}

Nccl::~Nccl() {
  for (CudaContext* gpu : gpus_) {
    try {
      gpu->synchronize();
    } catch (const Error&) {
      // The work failed, which whoever reads its results is told.
    }
  }
  for (void* communicator : communicators_) functions().destroy(communicator);
}

void Nccl::sum(const std::vector<SharedArray>& arrays) {
  // In one group, so that the ranks' calls do not wait for each other and small arrays travel together.
  require_nccl(functions().group_start(), "beginning an exchange between GPUs");
  int status = 0;
  for (const SharedArray& array : arrays) {
    for (size_t rank = 0; rank < gpus_.size() && status == 0; ++rank) {
      float* values = array.of_rank[rank];
      status = functions().all_reduce(values, values, size_t(array.count), kFloat, kSum, communicators_[rank], gpus_[rank]->stream());
    }
  }
  const int ended = functions().group_end();
  require_nccl(status, "adding up over several GPUs");
  require_nccl(ended, "adding up over several GPUs");
}

}  // namespace caffe4j
