#include "packed_weights.h"

#include <cstring>

#include "error.h"
#include "kernels/math.h"
#include "launch.h"

namespace caffe4j {

dnnl::memory PackedWeights::get(Tensor& weight, const Dims& dims, const dnnl::memory::desc& want) {
  Context& context = weight.context();
  dnnl::memory plain(row_major(dims), context.engine(), const_cast<float*>(weight.read()));
  if (plain.get_desc() == want) return plain;
  for (Copy& copy : copies_) {
    if (copy.layout != want) continue;
    if (copy.version != weight.version()) {
      context.reorder(plain, copy.values.memory);
      copy.version = weight.version();
    }
    return copy.values.memory;
  }
  copies_.push_back({want, weight.version(), OwnedMemory(context, want)});
  context.reorder(plain, copies_.back().values.memory);
  return copies_.back().values.memory;
}

bool is_reference(const char* implementation) { return std::strstr(implementation, "ref") != nullptr; }

void accumulate_weights(Context& context, dnnl::memory& values, const Dims& dims, Tensor& weight_diff) {
  if (row_major(dims) == values.get_desc()) {
    const float* gradient = static_cast<const float*>(values.get_data_handle());
    launch(context, weight_diff.count(), Axpy{1, gradient, weight_diff.update()});
    return;
  }
  dnnl::memory to(row_major(dims), context.engine(), weight_diff.update());
  context.reorder(values, to, /*add=*/true);
}

}  // namespace caffe4j
