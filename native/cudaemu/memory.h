#pragma once
// The memory of the emulated devices.
#include <cstddef>
#include <string>

namespace cudaemu {

/** Null when there is not enough. The contents are bytes of 0xFF: as floats, not-a-numbers. */
void* allocate(size_t bytes);
/** False unless `memory` was got from allocate and not given back. The address is not used again. */
bool release(void* memory);
/** True if [memory, memory + bytes) lies in one allocation. */
bool is_device_memory(const void* memory, size_t bytes);
/** True if the address lies where device memory is, allocated or not. */
bool is_device_address(const void* address);

/** True if the address is that of host memory. */
bool is_host_address(const void* address);

/** Lets the calling thread reach device memory while it lives; nobody else may then. */
class Access {
 public:
  Access();
  ~Access();
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;
};

/** What was written outside of an allocation and hit no guard page; empty if nothing. Needs an Access. */
std::string damage();

}  // namespace cudaemu
