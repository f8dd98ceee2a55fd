#include "plan/weight_store.h"

#include "error.h"

namespace caffe4j {

int WeightStore::add(Tensor& values) {
  values.read();
  const std::lock_guard<std::mutex> lock(mutex_);
  entries_.push_back({values.plain_buffer(), values.count(), {}});
  return int(entries_.size()) - 1;
}

const WeightStore::Entry& WeightStore::entry(int weight) const {
  require(weight >= 0 && size_t(weight) < entries_.size(), ErrorKind::INVALID, "there is no frozen weight ", weight);
  return entries_[size_t(weight)];
}

int64_t WeightStore::count(int weight) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return entry(weight).count;
}

dnnl::memory::desc WeightStore::packed(int weight) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return entry(weight).layout;
}

std::shared_ptr<Buffer> WeightStore::get(Context& context, int weight, const dnnl::memory::desc& plain, const dnnl::memory::desc& want) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Entry& e = const_cast<Entry&>(entry(weight));
  require(count_of(want.get_dims()) == e.count, ErrorKind::SHAPE, "a weight of ", e.count, " values is used with shape ",
          shape_string(want.get_dims()));
  const dnnl::memory::desc present = e.layout.is_zero() ? plain : e.layout;
  if (present == want) return e.values;
  require(present.get_dims() == want.get_dims(), ErrorKind::UNSUPPORTED, "a packed weight of shape ", shape_string(present.get_dims()),
          " cannot be used with shape ", shape_string(want.get_dims()));
  auto packed = std::make_shared<Buffer>(int64_t(want.get_size() / sizeof(float)) + 1);
  dnnl::memory from(present, context.engine(), e.values->data()), to(want, context.engine(), packed->data());
  context.reorder(from, to);
  e.values = packed;
  e.layout = want;
  return packed;
}

int64_t WeightStore::bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  int64_t floats = 0;
  for (const Entry& e : entries_) floats += e.values->capacity();
  return floats * int64_t(sizeof(float));
}

}  // namespace caffe4j
