#include "packed_weights.h"

#include <cstring>

#include "error.h"
#include "kernels/math.h"
#include "launch.h"

namespace caffe4j {

dnnl::memory PackedWeights::get(Tensor& weight, const Dims& dims, const dnnl::memory::desc& want, bool keep) {
  Context& context = weight.context();
  const auto memory = [&](const dnnl::memory::desc& desc, const float* values) {
    return dnnl::memory(desc, context.engine(), const_cast<float*>(values));
  };
  if (const float* values = weight.values_if_in(want, keep)) return memory(want, values);
  const auto copy = [&](OwnedMemory& to) {
    const bool blocked = weight.form().get_dims() == dims;
    const dnnl::memory::desc present = blocked ? weight.form() : row_major(dims);
    dnnl::memory from = memory(present, blocked ? weight.values_in(present) : weight.read());
    context.reorder(from, to.memory);
  };
  for (Copy& c : copies_) {
    if (c.layout != want) continue;
    if (c.version != weight.version()) copy(c.values);
    c.version = weight.version();
    return c.values.memory;
  }
  if (want == row_major(dims)) return memory(want, weight.read());
  copies_.push_back({want, weight.version(), OwnedMemory(context, want)});
  copy(copies_.back().values);
  return copies_.back().values.memory;
}

dnnl::memory AddedGradient::target(Tensor& diff, const dnnl::memory::desc& want) {
  pending_ = nullptr;
  if (diff.is_zero()) return diff.overwrite_as(want);
  pending_ = &diff;
  return values_.sized(diff.context(), want);
}

void AddedGradient::add() {
  if (pending_ == nullptr) return;
  const dnnl::memory::desc layout = values_.memory.get_desc();
  const float* values = static_cast<const float*>(values_.memory.get_data_handle());
  values_as(*pending_, layout);
  launch(pending_->context(), floats_in(layout), Axpy{1, values, overwrite_values_as(*pending_, layout)});
  pending_ = nullptr;
}

bool is_reference(const char* implementation) { return std::strstr(implementation, "ref") != nullptr; }

}  // namespace caffe4j
