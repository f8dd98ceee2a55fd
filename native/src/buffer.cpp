#include "buffer.h"

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "error.h"

namespace caffe4j {

namespace {
constexpr size_t kAlignment = 64;
constexpr int64_t kMaxFloats = (std::numeric_limits<int64_t>::max() - int64_t(kAlignment)) / int64_t(sizeof(float));
/** Blocks of at least so many bytes are compared with what the system has left. */
constexpr size_t kLarge = size_t(256) << 20;

/**
 * Bytes that the system can still give to programs. Linux hands out more addresses than it has memory and ends a process that touches too
 * many of them, so that calloc alone does not tell. The largest size_t where the system does not say.
 */
size_t available_memory() {
  std::FILE* file = std::fopen("/proc/meminfo", "re");
  if (file == nullptr) return std::numeric_limits<size_t>::max();
  char line[128];
  uint64_t kilobytes = 0, part = 0;
  bool known = false;
  while (std::fgets(line, sizeof(line), file) != nullptr) {
    const bool available = std::sscanf(line, "MemAvailable: %" SCNu64, &part) == 1;
    if (available || std::sscanf(line, "SwapFree: %" SCNu64, &part) == 1) kilobytes += part;
    known |= available;
  }
  std::fclose(file);
  return known ? size_t(kilobytes) << 10 : std::numeric_limits<size_t>::max();
}
}  // namespace

Buffer::Buffer(int64_t floats) : block_(nullptr), data_(nullptr), floats_(floats) {
  require(floats >= 0 && floats <= kMaxFloats, ErrorKind::HOST_MEMORY, "cannot allocate an array of ", floats, " floats");
  const size_t bytes = size_t(floats) * sizeof(float) + kAlignment;
  if (bytes < kLarge || bytes <= available_memory()) block_ = std::calloc(bytes, 1);  // leaves large blocks to the kernel's zero pages
  require(block_ != nullptr, ErrorKind::HOST_MEMORY, "out of host memory: ", bytes,
          " bytes asked for (reduce the batch size or the input's height and width)");
  const uintptr_t address = reinterpret_cast<uintptr_t>(block_);
  data_ = reinterpret_cast<float*>((address + kAlignment - 1) & ~uintptr_t(kAlignment - 1));
}

Buffer::~Buffer() { std::free(block_); }

void Buffer::discard(int64_t first, int64_t count) {
  require(first >= 0 && count >= 0 && count <= floats_ - first, ErrorKind::INVALID, "an array of ", floats_, " floats has no ", count, " from ", first, " on");
#if defined(__linux__)
  const uintptr_t page = uintptr_t(sysconf(_SC_PAGESIZE)), begin = reinterpret_cast<uintptr_t>(data_ + first);
  const uintptr_t from = (begin + page - 1) / page * page, to = reinterpret_cast<uintptr_t>(data_ + first + count) / page * page;
  if (from < to) madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);  // where it fails, memory stays
#endif
}

}  // namespace caffe4j
