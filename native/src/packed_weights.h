#pragma once
#include <vector>

#include "operand.h"

namespace caffe4j {

/** A layer's weights in the layouts that its primitives want. */
class PackedWeights {
 public:
  /**
   * The newest weights, seen with `dims`, in layout `want`: the tensor's own values where they are in it, else a copy kept here and redone
   * when the weights changed. With `keep` the tensor itself takes the layout if it has none but row-major values yet: then a solver
   * that updates it there leaves nothing to convert.
   */
  dnnl::memory get(Tensor& weight, const Dims& dims, const dnnl::memory::desc& want, bool keep = false);

 private:
  struct Copy {
    dnnl::memory::desc layout;
    uint64_t version;
    OwnedMemory values;
  };
  std::vector<Copy> copies_;
};

/**
 * A gradient that a primitive computes and that is to be added to a diff. Where the diff is zero the primitive writes into it, in its own
 * layout; else into memory kept here, and add() adds it.
 */
class AddedGradient {
 public:
  /** Memory in layout `want`, for the primitive to write whole. */
  dnnl::memory target(Tensor& diff, const dnnl::memory::desc& want);
  /** To be called after the primitive. */
  void add();

 private:
  OwnedMemory values_;
  Tensor* pending_ = nullptr;
};

/** True for oneDNN's reference kernels, which are hundreds of times slower than any other way. */
bool is_reference(const char* implementation);

}  // namespace caffe4j
