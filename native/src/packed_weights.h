#pragma once
#include <vector>

#include "operand.h"

namespace caffe4j {

/** Copies of a layer's weights in the layouts that its primitives want, redone when the weights changed. */
class PackedWeights {
 public:
  /** The newest weights, seen with `dims`, in layout `want`: the tensor's own values where that is row-major, else a kept copy. */
  dnnl::memory get(Tensor& weight, const Dims& dims, const dnnl::memory::desc& want);

 private:
  struct Copy {
    dnnl::memory::desc layout;
    uint64_t version;
    OwnedMemory values;
  };
  std::vector<Copy> copies_;
};

/** True for oneDNN's reference kernels, which are hundreds of times slower than any other way. */
bool is_reference(const char* implementation);

/** weight_diff += values; `values` has the layout of a weight gradient seen with `dims`. */
void accumulate_weights(Context& context, dnnl::memory& values, const Dims& dims, Tensor& weight_diff);

}  // namespace caffe4j
