#pragma once
#include <memory>

#include "tensor.h"

namespace caffe4j {

/**
 * A tensor as an operand of a oneDNN primitive that sees it with other dimensions of the same count (a blob with leading axes merged
 * into N, for one). Where the dimensions are the tensor's own, its layouts are used as they are; else values pass through the
 * row-major form. Lives for one operation.
 */
class Operand {
 public:
  Operand(Tensor& tensor, Dims dims);

  /** The layout that the newest values are in, in this operand's dimensions. */
  dnnl::memory::desc layout() const;
  /** The newest values in layout `want`. */
  dnnl::memory read(const dnnl::memory::desc& want);
  /** Memory in layout `want`, to be written whole; finish() makes it the tensor's newest values. */
  dnnl::memory overwrite(const dnnl::memory::desc& want);
  void finish();

 private:
  bool same_dims() const { return tensor_.dims() == dims_; }
  dnnl::memory temporary(const dnnl::memory::desc& want);

  Tensor& tensor_;
  Dims dims_;
  std::unique_ptr<Buffer> buffer_;
  dnnl::memory pending_;
};

/** Array of `desc`'s size owned here, for values that pass between primitives. */
struct OwnedMemory {
  std::unique_ptr<Buffer> buffer;
  dnnl::memory memory;

  OwnedMemory() = default;
  OwnedMemory(const Context& context, const dnnl::memory::desc& desc);

  /** The memory, made anew if it is of another descriptor. */
  dnnl::memory& sized(const Context& context, const dnnl::memory::desc& desc);
};

}  // namespace caffe4j
