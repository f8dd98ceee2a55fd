#include "memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

// Each allocation has pages of its own, ends where its last page ends (but for the alignment), and has a page in front and behind that can
// never be reached. It can be reached from the first time that somebody asks for it while an Access lives until the Access ends: what no work
// asks for costs nothing.
namespace cudaemu {

namespace {

constexpr size_t kArena = size_t(1) << 40, kAlignment = 16;
constexpr unsigned char kUnwritten = 0xFF, kMargin = 0xA5;

struct Allocation {
  char* pages;
  size_t span, bytes;
  bool reachable;
};

struct Arena {
  char* base = static_cast<char*>(mmap(nullptr, kArena, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  size_t page = size_t(sysconf(_SC_PAGESIZE));
  size_t used = 0, live_bytes = 0, limit = size_t(8) << 30;
  std::map<char*, Allocation> live;
  std::vector<char*> reachable;  // those of `live`, and some that are there no more; as large as `live`, for a fault may add to it
  int accesses = 0;

  Arena() {
    if (const char* mib = std::getenv("CUDAEMU_MEMORY")) limit = std::strtoull(mib, nullptr, 10) << 20;
  }
};

Arena& arena() {
  static Arena a;
  return a;
}

bool is_margin(const char* from, const char* to) {
  return std::all_of(from, to, [](char c) { return static_cast<unsigned char>(c) == kMargin; });
}

}  // namespace

void* allocate(size_t bytes) {
  Arena& m = arena();
  const size_t length = (bytes + kAlignment - 1) / kAlignment * kAlignment, span = (length + m.page - 1) / m.page * m.page;
  if (m.base == MAP_FAILED || bytes > m.limit || m.live_bytes + span > m.limit || m.used + span + 2 * m.page > kArena) return nullptr;
  Allocation a{m.base + m.used + m.page, span, bytes, m.accesses > 0};
  if (mprotect(a.pages, span, PROT_READ | PROT_WRITE) != 0) return nullptr;
  char* start = a.pages + span - length;
  std::memset(a.pages, kMargin, size_t(start - a.pages));
  std::memset(start, kUnwritten, bytes);
  std::memset(start + bytes, kMargin, length - bytes);
  if (!a.reachable) mprotect(a.pages, span, PROT_NONE);
  m.used += span + m.page;
  m.live_bytes += span;
  m.live.emplace(start, a);
  m.reachable.reserve(m.reachable.size() + m.live.size());
  if (a.reachable) m.reachable.push_back(start);
  return start;
}

bool release(void* memory) {
  Arena& m = arena();
  const auto found = m.live.find(static_cast<char*>(memory));
  if (found == m.live.end()) return false;
  const Allocation& a = found->second;
  mprotect(a.pages, a.span, PROT_NONE);
  madvise(a.pages, a.span, MADV_DONTNEED);
  m.live_bytes -= a.span;
  m.live.erase(found);
  return true;
}

bool reach(const void* memory, size_t bytes) {
  Arena& m = arena();
  auto* address = static_cast<char*>(const_cast<void*>(memory));
  auto next = m.live.upper_bound(address);
  if (m.accesses == 0 || next == m.live.begin()) return false;
  auto& [start, a] = *--next;
  const size_t offset = size_t(address - start);
  if (offset > a.bytes || bytes > a.bytes - offset) return false;
  if (a.reachable) return true;
  a.reachable = mprotect(a.pages, a.span, PROT_READ | PROT_WRITE) == 0;
  if (a.reachable) m.reachable.push_back(start);
  return a.reachable;
}

bool is_device_address(const void* address) {
  const Arena& m = arena();
  return address >= m.base && address < m.base + kArena;
}

bool is_host_address(const void* address) {
  constexpr uintptr_t kLowest = uintptr_t(1) << 32;  // numbers are below, the heap and all mappings above
  const uintptr_t page = reinterpret_cast<uintptr_t>(address) / arena().page * arena().page;
  if (page < kLowest || is_device_address(address)) return false;
  return msync(reinterpret_cast<void*>(page), 1, MS_ASYNC) == 0;  // fails where nothing is mapped
}

Access::Access() { ++arena().accesses; }

Access::~Access() {
  Arena& m = arena();
  if (--m.accesses > 0) return;
  for (char* start : m.reachable) {
    const auto found = m.live.find(start);
    if (found == m.live.end()) continue;
    mprotect(found->second.pages, found->second.span, PROT_NONE);
    found->second.reachable = false;
  }
  m.reachable.clear();
}

std::string damage() {
  for (char* start : arena().reachable) {
    const auto found = arena().live.find(start);
    if (found == arena().live.end()) continue;
    const Allocation& a = found->second;
    if (!is_margin(a.pages, start)) return "a write in front of an array of " + std::to_string(a.bytes) + " bytes";
    if (!is_margin(start + a.bytes, a.pages + a.span)) return "a write behind an array of " + std::to_string(a.bytes) + " bytes";
  }
  return {};
}

}  // namespace cudaemu
