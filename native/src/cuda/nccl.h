#pragma once
// What is used of NCCL, opened at run time. Its header is not needed to build.
#include <vector>

#include "cuda/cuda_context.h"

struct ncclComm;

namespace caffe4j {

/** A communicator for each of several GPUs, all in this process. */
class Nccl final : public GpuSum {
 public:
  /** Throws DEVICE if NCCL cannot be opened or started. */
  explicit Nccl(std::vector<CudaContext*> gpus);
  ~Nccl() override;
  Nccl(const Nccl&) = delete;
  Nccl& operator=(const Nccl&) = delete;

  void sum(const std::vector<SharedArray>& arrays) override;

 private:
  std::vector<CudaContext*> gpus_;
  std::vector<ncclComm*> communicators_;
};

}  // namespace caffe4j
