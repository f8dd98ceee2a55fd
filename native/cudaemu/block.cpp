#include "block.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <numeric>
#include <random>
#include <vector>

// Threads run as plain calls, one after the other, for as long as they meet no barrier. One that does stays behind on its stack (a fiber),
// and the others go on on another; when all have arrived, they are resumed. The order of the warps in a block and of the threads in a warp is
// another at every start and barrier: a kernel that relies on the order, because a barrier is missing, then computes something else.
// What most blocks do costs least. Threads that meet no barrier leave nothing to be looked at. At an exchange in a warp only those wait whose
// value is not there yet; in most blocks of a large grid the threads of a warp run from the last to the first, and values for lower lanes are.

dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace cudaemu {

namespace {

constexpr size_t kWarp = 32;
constexpr size_t kStack = size_t(128) << 10;
/** Orders of warps and of their threads, of which each start and barrier takes one. */
constexpr size_t kOrders = 64;
/** So many blocks of a grid, and one in so many later ones, run the lanes of a warp in any order. */
constexpr int64_t kVaried = 16;
using Orders = std::vector<std::vector<int>>;

enum class Wait { NONE, BLOCK, WARP };

/** A stack, and the thread that waits on it. */
struct Fiber {
  void* stack = nullptr;
  void* pointer = nullptr;
  int thread = -1;
};

/** Of a thread that met a barrier, or of any once one did. */
struct ThreadState {
  bool waited = false, done = false;
  Wait wait = Wait::NONE;
  Place place{nullptr, 0};
  Fiber* fiber = nullptr;
  size_t source = 0;  // the thread whose value is waited for
};

/** A value that a thread gave to its warp. */
struct Given {
  Place place;
  uint64_t value;
};

struct Block {
  const std::function<void()>* body = nullptr;
  std::vector<ThreadState> threads;
  std::vector<std::vector<Given>> given;  // by each thread since the last barrier
  std::vector<dim3> places;
  Orders warps, lanes;
  std::vector<int> falling;                 // the lanes from the last to the first
  bool falls = false;                       // so they run in this block
  size_t first = 0;                         // thread of the warp that is being started,
  const std::vector<int>* order = nullptr;  // in this order,
  size_t started = kWarp;                   // so many of its lanes up to now
  bool waited = false, exchanged = false;   // some thread did
  std::vector<Fiber*> fibers, idle;
  Fiber* running = nullptr;
  void* scheduler = nullptr;
  std::mt19937 random{1};

  ThreadState& self() { return threads[size_t(running->thread)]; }
};

Block block;

const std::vector<int>& any(const Orders& orders) { return orders[block.random() % kOrders]; }
const std::vector<int>& lane_order() { return block.falls ? block.falling : any(block.lanes); }

/**
 * Leaves for the stack `load` and keeps in `save` how to come back. Neither a call nor a return: a processor expects returns in the order of the
 * calls, and to be wrong each time would be what threads spend most time with.
 */
inline __attribute__((always_inline)) void switch_stack(void** save, void* load) {
  asm volatile(R"(
    leaq -128(%%rsp), %%rsp  # what a function without calls may keep there
    pushq %%rbp
    leaq 1f(%%rip), %%rax
    pushq %%rax
    movq %%rsp, (%0)
    movq %1, %%rsp
    popq %%rax
    jmpq *%%rax
1:  popq %%rbp
    leaq 128(%%rsp), %%rsp
  )"
               : "+D"(save), "+S"(load)
               :
               : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
                 "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc", "memory");
}

/** What runs on a fiber: threads, until none is left to start; then again whenever the fiber is given something to do. */
void run_threads() {
  for (;;) {
    Fiber* fiber = block.running;
    while (block.started < kWarp) {
      const size_t thread = block.first + size_t((*block.order)[block.started++]);
      if (thread >= block.threads.size()) continue;
      fiber->thread = int(thread);
      threadIdx = block.places[size_t(fiber->thread)];
      (*block.body)();
      if (block.waited) block.self().done = true;
    }
    block.running->thread = -1;
    block.idle.push_back(block.running);
    switch_stack(&block.running->pointer, block.scheduler);
  }
}

Fiber* idle_fiber() {
  if (block.idle.empty()) {
    auto* fiber = new Fiber;
    fiber->stack = mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (fiber->stack == MAP_FAILED) throw std::bad_alloc();
    block.fibers.push_back(fiber);
    block.idle.push_back(fiber);
    // Not all stacks end at the same distance from each other, or what is used of them would meet in a few sets of the processor's caches.
    char* end = static_cast<char*>(fiber->stack) + kStack - block.fibers.size() % 64 * 320;
    // The first switch to it goes to run_threads, which finds the stack as a call would leave it.
    auto* top = reinterpret_cast<void**>(end) - 2;
    *top = reinterpret_cast<void*>(run_threads);
    fiber->pointer = top;
  }
  Fiber* fiber = block.idle.back();
  block.idle.pop_back();
  return fiber;
}

inline __attribute__((always_inline)) void resume(Fiber* fiber) {
  block.running = fiber;
  if (fiber->thread >= 0) threadIdx = block.places[size_t(fiber->thread)];
  switch_stack(&block.scheduler, fiber->pointer);
}

/** Stays here until the scheduler resumes the thread. */
inline __attribute__((always_inline)) void wait(Wait kind, Place place) {
  Fiber* fiber = block.running;
  ThreadState& t = block.self();
  t.waited = block.waited = true;
  t.wait = kind;
  t.place = place;
  t.fiber = fiber;
  switch_stack(&fiber->pointer, block.scheduler);
}

std::string text_of(Place p) { return std::string(p.file) + ":" + std::to_string(p.line); }

/** Resumes the threads of a warp until none is at an exchange; says what is wrong where they part ways. */
std::string run_exchanges(size_t first) {
  if (!block.exchanged) return {};
  std::vector<ThreadState>& all = block.threads;
  const size_t end = std::min(all.size(), first + kWarp);
  const ThreadState* waiting = nullptr;
  for (bool went_on = true; went_on;) {
    went_on = false;
    waiting = nullptr;
    for (int lane : lane_order()) {
      const size_t i = first + size_t(lane);
      if (i >= end || all[i].wait != Wait::WARP) continue;
      waiting = &all[i];
      if (block.given[all[i].source].size() < block.given[i].size()) continue;
      all[i].wait = Wait::NONE;
      resume(all[i].fiber);
      went_on = true;
    }
  }
  const auto part_ways = [](Place place) { return "the threads of a warp part ways at the exchange in " + text_of(place); };
  if (waiting != nullptr) return part_ways(waiting->place);
  const std::vector<Given>& expected = block.given[first];
  for (size_t i = first; i < end; ++i) {
    const std::vector<Given>& actual = block.given[i];
    for (size_t n = 0; n < std::max(actual.size(), expected.size()); ++n) {
      if (n >= actual.size()) return part_ways(expected[n].place);
      if (n >= expected.size() || !(actual[n].place == expected[n].place)) return part_ways(actual[n].place);
    }
  }
  return {};
}

void forget_exchanges() {
  if (!block.exchanged) return;
  for (auto& given : block.given) given.clear();
  block.exchanged = false;
}

/** Runs start(first thread) for every warp, and then the warp's exchanges. */
template <class F>
std::string for_warps(const F& start) {
  for (int warp : any(block.warps)) {
    const size_t first = size_t(warp) * kWarp;
    start(first);
    const std::string problem = run_exchanges(first);
    if (!problem.empty()) return problem;
  }
  return {};
}

/** Every thread is done or at a barrier: resumes them, unless they are not all at one and the same. */
std::string run_barrier() {
  const ThreadState& one = block.threads[0];
  for (const ThreadState& t : block.threads) {
    if (t.done || one.done) return "some threads end, others wait at the barrier in " + text_of((t.done ? one : t).place);
    if (!(t.place == one.place)) {
      return "the threads of a block wait at the barrier in " + text_of(one.place) + " and at that in " + text_of(t.place);
    }
  }
  for (ThreadState& t : block.threads) t.wait = Wait::NONE;
  forget_exchanges();
  return for_warps([](size_t first) {
    for (int lane : lane_order()) {
      const size_t i = first + size_t(lane);
      if (i < block.threads.size()) resume(block.threads[i].fiber);
    }
  });
}

Orders orders_of(size_t count) {
  Orders orders(kOrders, std::vector<int>(count));
  for (std::vector<int>& order : orders) {
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), block.random);
  }
  return orders;
}

/** Makes room for the threads of blocks of this size. */
void set_size(dim3 size) {
  const unsigned count = size.x * size.y * size.z;
  if (size.x == blockDim.x && size.y == blockDim.y && block.places.size() == count) return;
  blockDim = size;
  block.places.clear();
  for (unsigned i = 0; i < count; ++i) block.places.emplace_back(i % size.x, i / size.x % size.y, i / (size.x * size.y));
  block.warps = orders_of((count + kWarp - 1) / kWarp);
  block.lanes = orders_of(kWarp);
  block.falling.resize(kWarp);
  std::iota(block.falling.rbegin(), block.falling.rend(), 0);
  block.threads.assign(count, ThreadState());
  block.given.resize(count);
}

/** The block that blockIdx names. */
std::string run_block() {
  if (block.waited) std::fill(block.threads.begin(), block.threads.end(), ThreadState());
  block.waited = false;
  forget_exchanges();
  std::string problem = for_warps([](size_t first) {
    block.first = first;
    block.order = &lane_order();
    block.started = 0;
    while (block.started < kWarp) resume(idle_fiber());
  });
  if (!block.waited || !problem.empty()) return problem;
  // Those that waited for nothing are done.
  for (ThreadState& t : block.threads) t.done = t.done || !t.waited;
  const auto done = [](const ThreadState& t) { return t.done; };
  while (problem.empty() && !std::all_of(block.threads.begin(), block.threads.end(), done)) problem = run_barrier();
  return problem;
}

/** Fibers on which threads were given up have no use any more. */
void forget_fibers() {
  for (Fiber* fiber : block.fibers) {
    munmap(fiber->stack, kStack);
    delete fiber;
  }
  block.fibers.clear();
  block.idle.clear();
}

}  // namespace

void sync_threads(Place place) { wait(Wait::BLOCK, place); }

uint64_t exchange(Place place, unsigned mask, uint64_t value, Source source, int distance) {
  (void)mask;  // exchanges among a part of a warp are not emulated: run_exchanges refuses them
  const size_t self = size_t(block.running->thread), lane = self % kWarp, by = size_t(distance);
  const size_t from = self - lane + (source == Source::XOR ? lane ^ by : lane + by < kWarp ? lane + by : lane);
  std::vector<Given>& own = block.given[self];
  own.push_back({place, value});
  block.exchanged = true;
  if (from >= block.given.size()) return value;
  const size_t number = own.size();
  if (block.given[from].size() < number) {
    block.self().source = from;
    wait(Wait::WARP, place);
  }
  return block.given[from][number - 1].value;
}

std::string run_grid(const cudaLaunchConfig_t& config, const std::function<void()>& body) {
  block.body = &body;
  set_size(config.blockDim);
  gridDim = config.gridDim;
  // Only a fault inside a kernel leaves threads behind; then the fibers that they stand on are of no use.
  if (block.idle.size() != block.fibers.size()) forget_fibers();
  const int64_t x = config.gridDim.x, y = config.gridDim.y, count = x * y * config.gridDim.z;
  const bool backwards = (block.random() & 1) != 0;
  for (int64_t k = 0; k < count; ++k) {
    const int64_t i = backwards ? count - 1 - k : k;
    block.falls = k >= kVaried && k % kVaried != 0;
    blockIdx = dim3(unsigned(i % x), unsigned(i / x % y), unsigned(i / (x * y)));
    const std::string problem = run_block();
    if (!problem.empty()) return problem;
  }
  return {};
}

}  // namespace cudaemu
