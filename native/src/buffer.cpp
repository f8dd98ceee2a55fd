#include "buffer.h"

#include <cstdint>
#include <cstdlib>
#include <limits>

#include "error.h"

namespace caffe4j {

namespace {
constexpr size_t kAlignment = 64;
constexpr int64_t kMaxFloats = (std::numeric_limits<int64_t>::max() - int64_t(kAlignment)) / int64_t(sizeof(float));
}  // namespace

Buffer::Buffer(int64_t floats) : block_(nullptr), data_(nullptr), floats_(floats) {
  require(floats >= 0 && floats <= kMaxFloats, ErrorKind::HOST_MEMORY, "cannot allocate an array of ", floats, " floats");
  const size_t bytes = size_t(floats) * sizeof(float) + kAlignment;
  block_ = std::calloc(bytes, 1);  // calloc leaves large blocks to the kernel's zero pages
  require(block_ != nullptr, ErrorKind::HOST_MEMORY, "out of host memory: ", bytes,
          " bytes asked for (reduce the batch size or the input's height and width)");
  const uintptr_t address = reinterpret_cast<uintptr_t>(block_);
  data_ = reinterpret_cast<float*>((address + kAlignment - 1) & ~uintptr_t(kAlignment - 1));
}

Buffer::~Buffer() { std::free(block_); }

}  // namespace caffe4j
