#pragma once
// The memory of the emulated devices.
#include <cstddef>
#include <string>

namespace cudaemu {

/** Null when there is not enough. The contents are bytes of 0xFF: as floats, not-a-numbers. */
void* allocate(size_t bytes);
/** False unless `memory` was got from allocate and not given back. The address is not used again. */
bool release(void* memory);
/** True if [memory, memory + bytes) lies in one allocation, which all threads may then reach until the Access that is needed ends. */
bool reach(const void* memory, size_t bytes);
/** True if the address lies where device memory is, allocated or not. */
bool is_device_address(const void* address);

/** True if the address is that of host memory. */
bool is_host_address(const void* address);

/** While it lives, device memory can be reached: arrays that are asked for with reach(), as kernels do at their first access to one. */
class Access {
 public:
  Access();
  ~Access();
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;
};

/** What was written outside of an allocation and hit no guard page, since the Access that is needed began; empty if nothing. */
std::string damage();

}  // namespace cudaemu
