#include "tensor.h"

#include <algorithm>
#include <atomic>
#include <limits>

#include "error.h"
#include "kernels/math.h"
#include "launch.h"

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
  while (dims.size() > DNNL_MAX_NDIMS) {  // a blob may have more axes; in this order the first ones are as good as one
    dims[1] *= dims[0];
    dims.erase(dims.begin());
  }
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

Tensor::~Tensor() {
  try {
    finish_reading();
  } catch (...) {  // a GPU that has failed says so at the next call
  }
}

void Tensor::finish_reading() const {
  if (storage_->between_queues) context_->gpu()->synchronize();
}

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
    s.device = {};
    s.newest = Storage::PLAIN;
    s.zero = false;
    s.version = next_version();
  }
}

void Tensor::share(const Tensor& source) {
  require(source.count_ == count_, ErrorKind::SHAPE, "cannot share the values of a blob with ", source.count_, " elements with one of ",
          count_);
  if (storage_ == source.storage_) return;
  Gpu *mine = context_->gpu(), *other = source.context_->gpu();
  if (mine != other) {
    require(mine != nullptr && other != nullptr && mine->device() == other->device(), ErrorKind::INVALID,
            "blobs on different devices cannot share their values");
    const std::lock_guard<std::mutex> lock(source.storage_->converting);
    other->synchronize();
    source.storage_->between_queues = true;
  }
  finish_reading();
  storage_ = source.storage_;
}

void Tensor::release() {
  finish_reading();
  storage_ = std::make_shared<Storage>();
  storage_->capacity = count_;
  storage_->version = next_version();
}

void Tensor::place(const DeviceArray<float>& array, int64_t first) {
  release();
  storage_->device = DeviceArray<float>::part(array, first, count_);
  storage_->newest = Storage::DEVICE;
}

void Tensor::swap(Tensor& other) {
  require(other.dims_ == dims_, ErrorKind::SHAPE, "cannot exchange the values of blobs of shapes ", shape_string(dims_), " and ",
          shape_string(other.dims_));
  require(other.context_->gpu() == context_->gpu(), ErrorKind::INVALID, "blobs on different GPUs cannot exchange their values");
  std::swap(static_cast<Forms&>(*storage_), static_cast<Forms&>(*other.storage_));
}

void Tensor::allocate_plain() {
  Storage& s = *storage_;
  if (!s.plain) {
    s.plain = std::make_shared<Buffer>(s.capacity);
    s.zero = false;  // as a fresh buffer is
  }
}

void Tensor::to_plain() {
  Storage& s = *storage_;
  allocate_plain();
  if (s.zero) {
    parallel_for(*context_, s.capacity, Fill{s.plain->data(), 0});
    s.zero = false;
  }
  if (s.is_newest(Storage::PLAIN)) return;
  if (blocked_is_current()) {
    // The plain form belongs to the blocked form's shape, which may be another sharer's; the flat order is the same.
    dnnl::memory from(s.blocked, context_->engine(), s.blocked_buffer->data());
    dnnl::memory to(row_major(s.blocked.get_dims()), context_->engine(), s.plain->data());
    context_->enter();
    context_->reorder(from, to);
  } else {
    context_->gpu()->to_host(s.plain->data(), s.device.data(), size_t(s.capacity) * sizeof(float));
  }
  s.newest |= Storage::PLAIN;
}

void Tensor::to_device() {
  Storage& s = *storage_;
  if (s.is_newest(Storage::DEVICE)) return;
  const size_t bytes = size_t(s.capacity) * sizeof(float);
  s.device.sized(*context_, s.capacity);
  if (s.zero || (!s.plain && !blocked_is_current())) {
    context_->gpu()->clear(s.device.data(), bytes);
  } else {
    to_plain();
    context_->gpu()->to_device(s.device.data(), s.plain->data(), bytes);
  }
  if (s.between_queues) context_->gpu()->synchronize();
  s.newest |= Storage::DEVICE;
}

const float* Tensor::read() {
  const std::lock_guard<std::mutex> lock(storage_->converting);
  to_plain();
  return storage_->plain->data();
}

float* Tensor::update() {
  to_plain();
  return overwrite();
}

float* Tensor::overwrite() {
  Storage& s = *storage_;
  if ((s.zero || s.is_newest(Storage::DEVICE)) && count_ < s.capacity) to_plain();  // the values behind those of this shape stay
  allocate_plain();
  s.zero = false;
  s.newest = Storage::PLAIN;
  s.version = next_version();
  return s.plain->data();
}

const float* Tensor::device_read() {
  if (context_->gpu() == nullptr) return read();
  const std::lock_guard<std::mutex> lock(storage_->converting);
  to_device();
  return storage_->device.data();
}

float* Tensor::device_update() {
  if (context_->gpu() == nullptr) return update();
  to_device();
  return device_overwrite();
}

float* Tensor::device_overwrite() {
  if (context_->gpu() == nullptr) return overwrite();
  Storage& s = *storage_;
  require(!s.between_queues, ErrorKind::INVALID,
          "values that several contexts share on a GPU cannot be computed anew there: write them on the host, or give each context its own");
  if (count_ < s.capacity) to_device();
  s.device.sized(*context_, s.capacity);
  s.zero = false;
  s.newest = Storage::DEVICE;
  s.version = next_version();
  return s.device.data();
}

void Tensor::clear() {
  Storage& s = *storage_;
  if (count_ < s.capacity) {
    launch(*context_, count_, Fill{device_overwrite(), 0});
    return;
  }
  s.zero = true;
  s.newest = Storage::PLAIN;
  s.version = next_version();
}

const dnnl::memory::desc& Tensor::plain_layout() const {
  if (!plain_) plain_ = row_major(dims_);
  return *plain_;
}

bool Tensor::has_plain_layout() const { return context_->gpu() != nullptr || !blocked_is_current() || storage_->blocked.get_dims() != dims_; }

const dnnl::memory::desc& Tensor::layout() const { return has_plain_layout() ? plain_layout() : storage_->blocked; }

bool Tensor::is_plain(const dnnl::memory::desc& layout) const {
  return layout == plain_layout() || (layout.get_inner_nblks() == 0 && layout == row_major(layout.get_dims()));
}

const float* Tensor::values_in(const dnnl::memory::desc& want) {
  const std::lock_guard<std::mutex> lock(storage_->converting);
  return convert(want);
}

const float* Tensor::values_if_in(const dnnl::memory::desc& want, bool keep) {
  const std::lock_guard<std::mutex> lock(storage_->converting);
  const bool there = blocked_is_current() ? storage_->blocked == want : keep;
  return there ? convert(want) : nullptr;
}

const float* Tensor::convert(const dnnl::memory::desc& want) {
  Storage& s = *storage_;
  if (blocked_is_current() && s.blocked == want) return s.blocked_buffer->data();
  if (is_plain(want)) {
    to_plain();
    return s.plain->data();
  }
  const bool from_blocked = blocked_is_current() && s.blocked.get_dims() == want.get_dims();
  if (!from_blocked) to_plain();
  dnnl::memory from(from_blocked ? s.blocked : row_major(want.get_dims()), context_->engine(),
                    from_blocked ? s.blocked_buffer->data() : s.plain->data());
  std::shared_ptr<Buffer> buffer = from_blocked ? nullptr : s.blocked_buffer;
  const int64_t floats = int64_t(want.get_size() / sizeof(float)) + 1;
  if (!buffer || buffer->capacity() < floats) buffer = std::make_shared<Buffer>(floats);
  dnnl::memory to(want, context_->engine(), buffer->data());
  context_->enter();
  context_->reorder(from, to);
  s.blocked_buffer = buffer;
  s.blocked = want;
  s.newest |= Storage::BLOCKED;
  return buffer->data();
}

float* Tensor::overwrite_in(const dnnl::memory::desc& want) {
  if (is_plain(want)) return overwrite();
  Storage& s = *storage_;
  const int64_t floats = int64_t(want.get_size() / sizeof(float)) + 1;
  if (!s.blocked_buffer || s.blocked_buffer->capacity() < floats) s.blocked_buffer = std::make_shared<Buffer>(floats);
  s.blocked = want;
  s.newest = Storage::BLOCKED;
  s.zero = false;
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
