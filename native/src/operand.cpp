#include "operand.h"

#include "error.h"

namespace caffe4j {

Operand::Operand(Tensor& tensor, Dims dims) : tensor_(tensor), dims_(std::move(dims)) {
  require(count_of(dims_) == tensor.count(), ErrorKind::SHAPE, "a blob of shape ", shape_string(tensor.dims()),
          " cannot be seen as one of shape ", shape_string(dims_));
}

dnnl::memory::desc Operand::layout() const { return same_dims() ? tensor_.layout() : row_major(dims_); }

dnnl::memory Operand::temporary(const dnnl::memory::desc& want) {
  OwnedMemory owned(tensor_.context(), want);
  buffer_ = std::move(owned.buffer);
  return owned.memory;
}

dnnl::memory Operand::read(const dnnl::memory::desc& want) {
  if (same_dims()) return tensor_.as(want);
  Context& context = tensor_.context();
  dnnl::memory plain(row_major(dims_), context.engine(), const_cast<float*>(tensor_.read()));
  if (plain.get_desc() == want) return plain;
  dnnl::memory converted = temporary(want);
  context.reorder(plain, converted);
  return converted;
}

dnnl::memory Operand::overwrite(const dnnl::memory::desc& want) {
  if (same_dims()) return tensor_.overwrite_as(want);
  if (row_major(dims_) == want) return dnnl::memory(want, tensor_.context().engine(), tensor_.overwrite());
  pending_ = temporary(want);
  return pending_;
}

void Operand::finish() {
  if (!pending_) return;
  Context& context = tensor_.context();
  dnnl::memory plain(row_major(dims_), context.engine(), tensor_.overwrite());
  context.reorder(pending_, plain);
  pending_ = dnnl::memory();
}

OwnedMemory::OwnedMemory(const Context& context, const dnnl::memory::desc& desc)
    : buffer(std::make_unique<Buffer>(int64_t(desc.get_size() / sizeof(float)) + 1)), memory(desc, context.engine(), buffer->data()) {}

dnnl::memory& OwnedMemory::sized(const Context& context, const dnnl::memory::desc& desc) {
  if (!memory || memory.get_desc() != desc) *this = OwnedMemory(context, desc);
  return memory;
}

}  // namespace caffe4j
