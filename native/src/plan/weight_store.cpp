#include "plan/weight_store.h"

#include <algorithm>

#include "error.h"
#include "plan/plan.h"

namespace caffe4j {

namespace {

constexpr int64_t kPiece = 16 << 20;  // bytes that are packed at a time

std::shared_ptr<Buffer> room_for(int64_t bytes) { return std::make_shared<Buffer>(bytes / int64_t(sizeof(float)) + 1); }

int8_t* integers(Buffer& buffer) { return reinterpret_cast<int8_t*>(buffer.data()); }

std::shared_ptr<Buffer> reordered(Context& context, Buffer& values, const dnnl::memory::desc& present, const dnnl::memory::desc& want) {
  auto packed = room_for(int64_t(want.get_size()));
  dnnl::memory from(present, context.engine(), values.data()), to(want, context.engine(), packed->data());
  context.reorder(from, to);
  return packed;
}

/** Rows of the first axis whose values `layout` keeps together. */
int64_t rows_of_block(const dnnl::memory::desc& layout) {
  int64_t rows = 1;
  for (int i = 0; i < layout.get_inner_nblks(); ++i) rows *= layout.get_inner_idxs()[size_t(i)] == 0 ? layout.get_inner_blks()[size_t(i)] : 1;
  return rows;
}

/** As reordered, a few rows of the first axis at a time, whose memory `values` then gives up: no more than those exist twice. */
std::shared_ptr<Buffer> moved(Context& context, Buffer& values, const dnnl::memory::desc& present, const dnnl::memory::desc& want) {
  const Dims dims = present.get_dims();
  const int64_t row = count_of(dims, 1, dims.size()), block = rows_of_block(want);
  const int64_t rows = (std::max<int64_t>(kPiece / (row * int64_t(sizeof(float))), 1) + block - 1) / block * block;
  if (rows >= dims[0] || present.get_inner_nblks() > 0 || !is_outermost(present, 0)) return reordered(context, values, present, want);
  auto packed = room_for(int64_t(want.get_size()));
  for (int64_t first = 0; first < dims[0]; first += rows) {
    Dims piece = dims, offset(dims.size(), 0);
    piece[0] = std::min(rows, dims[0] - first);
    offset[0] = first;
    const int64_t begin = first * present.get_strides()[0];
    dnnl::memory from(dnnl::memory::desc(piece, present.get_data_type(), present.get_strides()), context.engine(), values.data() + begin);
    dnnl::memory to(want.submemory_desc(piece, offset), context.engine(), packed->data());
    context.reorder(from, to);
    values.discard(begin, piece[0] * row);
  }
  return packed;
}

}  // namespace

int WeightStore::add(Tensor& values) {
  values.read();
  const std::lock_guard<std::mutex> lock(mutex_);
  entries_.push_back({values.plain_buffer(), values.count(), {}, nullptr, 0});
  return int(entries_.size()) - 1;
}

const WeightStore::Entry& WeightStore::entry(int weight) const {
  require(weight >= 0 && size_t(weight) < entries_.size(), ErrorKind::INVALID, "there is no frozen weight ", weight);
  return entries_[size_t(weight)];
}

WeightStore::Entry& WeightStore::entry(int weight, const dnnl::memory::desc& plain, const dnnl::memory::desc& want) {
  Entry& e = const_cast<Entry&>(entry(weight));
  require(count_of(want.get_dims()) == e.count, ErrorKind::SHAPE, "a weight of ", e.count, " values is used with shape ",
          shape_string(want.get_dims()));
  const dnnl::memory::desc& present = e.layout.is_zero() ? plain : e.layout;
  require(present.get_dims() == want.get_dims(), ErrorKind::UNSUPPORTED, "a packed weight of shape ", shape_string(present.get_dims()),
          " cannot be used with shape ", shape_string(want.get_dims()));
  return e;
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
  Entry& e = entry(weight, plain, want);
  if (e.scales) {  // a plan of another shape could take integers, this one cannot
    const std::shared_ptr<Buffer> rows = in_rows(context, e);
    Buffer floats(e.count);
    dequantize_weight(context, integers(*rows), e.count, e.scales->data(), e.channels, floats.data());
    return reordered(context, floats, row_major(want.get_dims()), want);
  }
  if (is_in(e, plain, want)) return e.values;
  const dnnl::memory::desc present = e.layout.is_zero() ? plain : e.layout;
  const bool used = e.values.use_count() > 1;  // by a plan of another shape
  e.values = used ? reordered(context, *e.values, present, want) : moved(context, *e.values, present, want);
  e.layout = want;
  ++moves_;
  return e.values;
}

const Buffer* WeightStore::buffer(int weight) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return entry(weight).values.get();
}

bool WeightStore::is_in(int weight, const dnnl::memory::desc& plain, const dnnl::memory::desc& want) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return is_in(entry(weight), plain, want);
}

std::shared_ptr<Buffer> WeightStore::in_rows(Context& context, const Entry& e) {
  if (e.layout == MemoryOrder().layout(e.layout.get_dims(), dnnl::memory::data_type::s8)) return e.values;
  std::shared_ptr<Buffer> rows = room_for(e.count);
  unpack_weight(context, integers(*e.values), e.layout, integers(*rows));
  return rows;
}

QuantizedWeight WeightStore::quantized(Context& context, int weight, const dnnl::memory::desc& plain, const dnnl::memory::desc& want,
                                       int leading) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Entry& e = entry(weight, plain, want);
  const dnnl::memory::desc rows_layout = MemoryOrder().layout(want.get_dims(), dnnl::memory::data_type::s8);
  if (!e.scales) {
    const int64_t channels = count_of(want.get_dims(), 0, size_t(leading));
    std::shared_ptr<Buffer> rows = room_for(e.count), scales = std::make_shared<Buffer>(channels);
    quantize_weight(context, e.values->data(), e.layout.is_zero() ? plain : e.layout, leading, integers(*rows), scales->data());
    e = {rows, e.count, rows_layout, scales, channels};
  }
  if (e.layout != want) {
    e.values = reordered(context, *in_rows(context, e), rows_layout, want);
    e.layout = want;
  }
  return {e.values, e.scales};
}

int64_t WeightStore::bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  int64_t floats = 0;
  for (const Entry& e : entries_) floats += e.values->capacity() + (e.scales ? e.scales->capacity() : 0);
  return floats * int64_t(sizeof(float));
}

}  // namespace caffe4j
