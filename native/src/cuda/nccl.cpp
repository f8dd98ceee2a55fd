#include "cuda/nccl.h"

#include <string>

#include "caffe4j/all_reduce.h"
#include "caffe4j/device.h"
#include "cuda/libraries.h"
#include "cuda/nccl_api.h"
#include "error.h"

namespace caffe4j {

namespace {

struct Functions {
  const DynamicLibrary& library = nccl();
  C4J_NCCL_FUNCTIONS(C4J_FUNCTION)

  bool complete() const { return library.is_open() C4J_NCCL_FUNCTIONS(C4J_AND_FOUND); }
};

const Functions& functions() {
  static const Functions found;
  return found;
}

void require_nccl(int status, const char* what) {
  require(status == kNcclSuccess, ErrorKind::DEVICE, what, ": NCCL status ", status, " (", functions().ncclGetErrorString(status), ")",
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
  std::vector<ncclComm*> made(devices.size());
  require_nccl(functions().ncclCommInitAll(made.data(), int(devices.size()), devices.data()), "starting NCCL");
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
  for (ncclComm* communicator : communicators_) functions().ncclCommDestroy(communicator);
}

void Nccl::sum(const std::vector<SharedArray>& arrays) {
  // In one group, so that the ranks' calls do not wait for each other and small arrays travel together.
  require_nccl(functions().ncclGroupStart(), "beginning an exchange between GPUs");
  int status = 0;
  for (const SharedArray& array : arrays) {
    for (size_t rank = 0; rank < gpus_.size() && status == kNcclSuccess; ++rank) {
      float* values = array.of_rank[rank];
      status = functions().ncclAllReduce(values, values, size_t(array.count), kNcclFloat, kNcclSum, communicators_[rank], gpus_[rank]->stream());
    }
  }
  const int ended = functions().ncclGroupEnd();
  require_nccl(status, "adding up over several GPUs");
  require_nccl(ended, "adding up over several GPUs");
}

}  // namespace caffe4j
