#pragma once
#include <memory>

#include "buffer.h"
#include "context.h"
#include "gpu.h"

namespace caffe4j {

/**
 * Numbers where a context computes: in the memory of its GPU, or in host memory. Undefined at first; `sized` keeps the memory while it is
 * large enough. Must not outlive the context.
 */
template <class T>
class DeviceArray {
  static_assert(sizeof(T) % sizeof(float) == 0 && alignof(T) <= 64);

 public:
  DeviceArray() = default;
  DeviceArray(const Context& context, int64_t count) { sized(context, count); }

  T* sized(const Context& context, int64_t count) {
    if (memory_ == nullptr || capacity_ < count) {
      memory_.reset();
      memory_ = allocate(context, count);
      capacity_ = count;
    }
    size_ = count;
    return data();
  }

  /** `count` numbers of another array, from number `first` on, which both keep alive. */
  static DeviceArray part(const DeviceArray& whole, int64_t first, int64_t count) {
    DeviceArray array;
    array.memory_ = {whole.memory_, whole.data() + first};
    array.size_ = array.capacity_ = count;
    return array;
  }

  T* data() const { return static_cast<T*>(memory_.get()); }
  int64_t size() const { return size_; }
  int64_t capacity() const { return capacity_; }

 private:
  static std::shared_ptr<void> allocate(const Context& context, int64_t count) {
    if (Gpu* gpu = context.gpu()) {
      return {gpu->allocate(size_t(count) * sizeof(T)), [gpu = gpu->shared_from_this()](void* memory) { gpu->release(memory); }};
    }
    auto buffer = std::make_shared<Buffer>(count * int64_t(sizeof(T) / sizeof(float)));
    return {buffer, buffer->data()};
  }

  std::shared_ptr<void> memory_;
  int64_t size_ = 0, capacity_ = 0;
};

/** to[i] = from[i], both where the context computes. */
void copy_values(const Context& context, const float* from, float* to, int64_t count);

}  // namespace caffe4j
