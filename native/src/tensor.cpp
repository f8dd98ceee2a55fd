#include "tensor.h"

#include <algorithm>
#include <atomic>
#include <limits>

#include "error.h"

namespace caffe4j {

namespace {
constexpr size_t kMaxAxes = 32;

uint64_t next_version() {
  static std::atomic<uint64_t> version{0};
  return ++version;
}
}  // namespace

dnnl::memory::desc row_major(Dims dims) {
  if (dims.empty()) dims.push_back(1);
  Dims strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * std::max<int64_t>(dims[i], 1);
  return dnnl::memory::desc(dims, dnnl::memory::data_type::f32, strides);
}

int64_t count_of(const Dims& dims, size_t from, size_t to) {
  int64_t count = 1;
  for (size_t i = from; i < to; ++i) count *= dims[i];
  return count;
}

std::string shape_string(const Dims& dims) {
  std::string text;
  for (int64_t d : dims) text += std::to_string(d) + " ";
  return text + "(" + std::to_string(count_of(dims)) + ")";
}

Tensor::Tensor(Context& context) : context_(context.shared_from_this()), dims_{0}, storage_(std::make_shared<Storage>()) {}

void Tensor::reshape(const Dims& dims) {
  require(dims.size() <= kMaxAxes, ErrorKind::SHAPE, "a blob has at most ", kMaxAxes, " axes, got ", dims.size());
  int64_t count = 1;
  for (int64_t d : dims) {
    require(d >= 0, ErrorKind::SHAPE, "a blob's dimension must not be negative, got ", d);
    require(d == 0 || count <= std::numeric_limits<int64_t>::max() / d / int64_t(sizeof(float)), ErrorKind::SHAPE,
            "blob size exceeds what an array can hold");
    count *= d;
  }
  if (dims == dims_) return;
  if (blocked_is_current()) to_plain();  // a blocked form makes sense for one shape only
  dims_ = dims;
  plain_.reset();
  count_ = count;
  Storage& s = *storage_;
  if (count > s.capacity) {
    s.capacity = count;
    s.plain.reset();
    s.version = next_version();
  }
}

void Tensor::share(const Tensor& source) {
  require(source.count_ == count_, ErrorKind::SHAPE, "cannot share the values of a blob with ", source.count_, " elements with one of ",
          count_);
  storage_ = source.storage_;
}

void Tensor::swap(Tensor& other) {
  require(other.dims_ == dims_, ErrorKind::SHAPE, "cannot exchange the values of blobs of shapes ", shape_string(dims_), " and ",
          shape_string(other.dims_));
  std::swap(*storage_, *other.storage_);
}

void Tensor::allocate_plain() {
  Storage& s = *storage_;
  if (!s.plain) s.plain = std::make_shared<Buffer>(s.capacity);
}

void Tensor::to_plain() {
  Storage& s = *storage_;
  allocate_plain();
  if (s.newest != Storage::Newest::BLOCKED) return;
  // The plain form belongs to the blocked form's shape, which may be another sharer's; the flat order is the same.
  dnnl::memory from(s.blocked, context_->engine(), s.blocked_buffer->data());
  dnnl::memory to(row_major(s.blocked.get_dims()), context_->engine(), s.plain->data());
  context_->enter();
  context_->reorder(from, to);
  s.newest = Storage::Newest::BOTH;
}

const float* Tensor::read() {
  to_plain();
  return storage_->plain->data();
}

float* Tensor::update() {
  to_plain();
  return overwrite();
}

float* Tensor::overwrite() {
  allocate_plain();
  storage_->newest = Storage::Newest::PLAIN;
  storage_->version = next_version();
  return storage_->plain->data();
}

const dnnl::memory::desc& Tensor::plain_layout() const {
  if (!plain_) plain_ = row_major(dims_);
  return *plain_;
}

bool Tensor::has_plain_layout() const { return !blocked_is_current() || storage_->blocked.get_dims() != dims_; }

const dnnl::memory::desc& Tensor::layout() const { return has_plain_layout() ? plain_layout() : storage_->blocked; }

const float* Tensor::values_in(const dnnl::memory::desc& want) {
  Storage& s = *storage_;
  if (is_plain(want)) return read();
  if (blocked_is_current() && s.blocked == want) return s.blocked_buffer->data();
  const bool from_blocked = !has_plain_layout();
  dnnl::memory from(layout(), context_->engine(), from_blocked ? s.blocked_buffer->data() : const_cast<float*>(read()));
  auto buffer = std::make_shared<Buffer>(int64_t(want.get_size() / sizeof(float)) + 1);
  dnnl::memory to(want, context_->engine(), buffer->data());
  context_->enter();
  context_->reorder(from, to);
  s.blocked_buffer = buffer;
  s.blocked = want;
  if (!from_blocked) s.newest = Storage::Newest::BOTH;
  return buffer->data();
}

float* Tensor::overwrite_in(const dnnl::memory::desc& want) {
  if (is_plain(want)) return overwrite();
  Storage& s = *storage_;
  const int64_t floats = int64_t(want.get_size() / sizeof(float)) + 1;
  if (!s.blocked_buffer || s.blocked_buffer->capacity() < floats) s.blocked_buffer = std::make_shared<Buffer>(floats);
  s.blocked = want;
  s.newest = Storage::Newest::BLOCKED;
  s.version = next_version();
  return s.blocked_buffer->data();
}

int64_t Tensor::bytes() const {
  const Storage& s = *storage_;
  return ((s.plain ? s.plain->capacity() : 0) + (s.blocked_buffer ? s.blocked_buffer->capacity() : 0)) * int64_t(sizeof(float));
}

std::shared_ptr<Buffer> Tensor::plain_buffer() {
  allocate_plain();
  return storage_->plain;
}

}  // namespace caffe4j
