#pragma once
#include <cstdint>

namespace caffe4j {

/** Host memory for floats, 64-byte aligned, zero until written (untouched pages cost nothing). Throws HOST_MEMORY. */
class Buffer {
 public:
  explicit Buffer(int64_t floats);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  float* data() const { return data_; }
  int64_t capacity() const { return floats_; }

 private:
  void* block_;
  float* data_;
  int64_t floats_;
};

}  // namespace caffe4j
