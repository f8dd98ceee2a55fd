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

  /** Gives memory that holds `count` floats from `first` on back to the system, as far as it is whole pages; the values there become undefined. */
  void discard(int64_t first, int64_t count);

 private:
  void* block_;
  float* data_;
  int64_t floats_;
};

}  // namespace caffe4j
