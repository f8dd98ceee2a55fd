#include "caffe4j/all_reduce.h"

#include <memory>
#include <vector>

#include "error.h"
#include "gpu.h"
#include "kernels/math.h"
#include "launch.h"

namespace caffe4j {

class AllReduce {
 public:
  explicit AllReduce(std::vector<std::shared_ptr<Context>> contexts) : contexts_(std::move(contexts)) {
    std::vector<Gpu*> gpus;
    for (const auto& context : contexts_) gpus.push_back(context->gpu());
    sum_ = make_gpu_sum(gpus);
  }

  void average(Tensor** tensors, int count) {
    require(count >= 0 && (count == 0 || tensors != nullptr), ErrorKind::INVALID, "the tensors to average are null");
    const size_t ranks = contexts_.size();
    std::vector<SharedArray> arrays;
    for (int i = 0; i < count; ++i) {
      const Tensor& first = deref(tensors[i], "tensor");
      SharedArray array{{}, first.count()};
      for (size_t rank = 0; rank < ranks; ++rank) {
        Tensor& t = deref(tensors[rank * size_t(count) + size_t(i)], "tensor");
        require(&t.context() == contexts_[rank].get(), ErrorKind::INVALID, "tensor ", i, " of rank ", rank, " is of another context");
        require_same_count(first, t, "the tensors of all ranks");
        if (array.count > 0) array.of_rank.push_back(t.device_update());
      }
      if (array.count > 0) arrays.push_back(std::move(array));
    }
    if (arrays.empty()) return;
    sum_->sum(arrays);
    for (const SharedArray& array : arrays) {
      for (size_t rank = 0; rank < ranks; ++rank) {
        launch(*contexts_[rank], array.count, ScaleBy{array.of_rank[rank], 1.f / float(ranks)});
      }
    }
  }

 private:
  std::vector<std::shared_ptr<Context>> contexts_;
  std::unique_ptr<GpuSum> sum_;  // goes before the contexts that it uses
};

AllReduce* all_reduce_create(Context** contexts, int count) {
  require(count > 0 && contexts != nullptr, ErrorKind::INVALID, "an exchange between GPUs needs contexts, got ", count);
  std::vector<std::shared_ptr<Context>> ranks;
  for (int i = 0; i < count; ++i) {
    ranks.push_back(deref(contexts[i], "context").shared_from_this());
    require(ranks.back()->gpu() != nullptr, ErrorKind::INVALID, "an exchange between GPUs needs contexts on GPUs, but that of rank ", i,
            " computes on the CPU");
    for (int j = 0; j < i; ++j) {
      require(ranks[size_t(j)]->gpu()->device() != ranks.back()->gpu()->device(), ErrorKind::INVALID, "ranks ", j, " and ", i,
              " are both on CUDA device ", ranks.back()->gpu()->device(), "; an exchange between GPUs needs a device for each rank");
    }
  }
  return new AllReduce(std::move(ranks));
}

void all_reduce_destroy(AllReduce* all_reduce) { delete all_reduce; }

void all_reduce_average(AllReduce* all_reduce, Tensor** tensors, int count) { deref(all_reduce, "all_reduce").average(tensors, count); }

}  // namespace caffe4j
