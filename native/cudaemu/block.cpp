#include "block.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <numeric>
#include <random>
#include <vector>

// Threads run as plain calls, one after the other, for as long as they meet no barrier. One that does stays behind on its stack (a fiber),
// and the others go on on another; when all have arrived, they are resumed. The order of the threads is another at every start and barrier:
// a kernel that relies on the order, because a barrier is missing, then computes something else.

extern "C" void cudaemu_switch(void** save, void* load);
asm(R"(
    .text
    .globl cudaemu_switch
    .hidden cudaemu_switch
    .type cudaemu_switch, @function
cudaemu_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size cudaemu_switch, .-cudaemu_switch
)");

dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace cudaemu {

namespace {

constexpr int kWarp = 32;
constexpr size_t kStack = size_t(128) << 10;

enum class Wait { NONE, BLOCK, WARP };

/** A stack, and the thread that waits on it. */
struct Fiber {
  void* stack = nullptr;
  void* pointer = nullptr;
  int thread = -1;
};

struct ThreadState {
  dim3 where;
  bool done = false;
  Wait wait = Wait::NONE;
  Place place{nullptr, 0};
  Fiber* fiber = nullptr;
  uint64_t given[2] = {};  // to a warp's exchange; a thread may be one exchange ahead of another
  int turn = 0;
};

struct Block {
  const std::function<void()>* body = nullptr;
  std::vector<ThreadState> threads;
  std::vector<int> order;
  size_t started = 0;
  std::vector<Fiber*> fibers, idle;
  Fiber* running = nullptr;
  void* scheduler = nullptr;
  std::mt19937 random{1};

  ThreadState& self() { return threads[size_t(running->thread)]; }
};

Block block;

/** What runs on a fiber: threads, until none is left to start; then again whenever the fiber is given something to do. */
void run_threads() {
  for (;;) {
    while (block.started < block.order.size()) {
      Fiber* fiber = block.running;
      fiber->thread = block.order[block.started++];
      threadIdx = block.self().where;
      (*block.body)();
      block.self().done = true;  // the fiber may have waited: its thread is the same, the others are not where they were
    }
    block.running->thread = -1;
    block.idle.push_back(block.running);
    cudaemu_switch(&block.running->pointer, block.scheduler);
  }
}

Fiber* idle_fiber() {
  if (block.idle.empty()) {
    auto* fiber = new Fiber;
    fiber->stack = mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (fiber->stack == MAP_FAILED) throw std::bad_alloc();
    block.fibers.push_back(fiber);
    block.idle.push_back(fiber);
    // The first switch to it pops six registers and returns into run_threads, which finds the stack as a call would leave it.
    auto* top = reinterpret_cast<void**>(static_cast<char*>(fiber->stack) + kStack) - 2;
    top[0] = reinterpret_cast<void*>(run_threads);
    std::fill(top - 6, top, nullptr);
    fiber->pointer = top - 6;
  }
  Fiber* fiber = block.idle.back();
  block.idle.pop_back();
  return fiber;
}

void resume(Fiber* fiber) {
  block.running = fiber;
  if (fiber->thread >= 0) threadIdx = block.self().where;
  cudaemu_switch(&block.scheduler, fiber->pointer);
}

/** Stays here until the scheduler resumes the thread. */
void wait(Wait kind, Place place) {
  Fiber* fiber = block.running;
  ThreadState& t = block.self();
  t.wait = kind;
  t.place = place;
  t.fiber = fiber;
  cudaemu_switch(&fiber->pointer, block.scheduler);
}

std::string text_of(Place p) { return std::string(p.file) + ":" + std::to_string(p.line); }

/** Every thread is done or waits. Marks those that may go on with Wait::NONE; says what is wrong where none can. */
std::string release_waiting() {
  std::vector<ThreadState>& all = block.threads;
  bool any_warp = false;
  const ThreadState* at_barrier = nullptr;
  bool any_done = false;
  for (size_t first = 0; first < all.size(); first += kWarp) {
    const size_t end = std::min(all.size(), first + kWarp);
    const ThreadState* exchanging = nullptr;
    for (size_t i = first; i < end; ++i) {
      if (!all[i].done && all[i].wait == Wait::WARP) exchanging = &all[i];
      if (!all[i].done && all[i].wait == Wait::BLOCK) at_barrier = &all[i];
      any_done = any_done || all[i].done;
    }
    if (exchanging == nullptr) continue;
    any_warp = true;
    for (size_t i = first; i < end; ++i) {
      const bool here = !all[i].done && all[i].wait == Wait::WARP && all[i].place.line == exchanging->place.line &&
                        all[i].place.file == exchanging->place.file;
      if (!here) return "the threads of a warp part ways at the exchange in " + text_of(exchanging->place);
    }
    for (size_t i = first; i < end; ++i) all[i].wait = Wait::NONE;
  }
  if (any_warp || at_barrier == nullptr) return {};
  if (any_done) return "some threads end, others wait at the barrier in " + text_of(at_barrier->place);
  for (ThreadState& t : all) {
    if (t.place.line != at_barrier->place.line || t.place.file != at_barrier->place.file) {
      return "the threads of a block wait at the barrier in " + text_of(at_barrier->place) + " and at that in " + text_of(t.place);
    }
  }
  for (ThreadState& t : all) t.wait = Wait::NONE;
  return {};
}

/** The block that blockIdx names. */
std::string run_block() {
  const unsigned count = blockDim.x * blockDim.y * blockDim.z;
  block.threads.assign(count, ThreadState());
  for (unsigned i = 0; i < count; ++i) {
    block.threads[i].where = dim3(i % blockDim.x, i / blockDim.x % blockDim.y, i / (blockDim.x * blockDim.y));
  }
  if (block.order.size() != count) {
    block.order.resize(count);
    std::iota(block.order.begin(), block.order.end(), 0);
  }
  std::shuffle(block.order.begin(), block.order.end(), block.random);
  block.started = 0;
  while (block.started < count) resume(idle_fiber());
  std::vector<int> waiting;
  for (;;) {
    waiting.clear();
    for (unsigned i = 0; i < count; ++i) {
      if (!block.threads[i].done) waiting.push_back(int(i));
    }
    if (waiting.empty()) return {};
    const std::string problem = release_waiting();
    if (!problem.empty()) return problem;
    std::shuffle(waiting.begin(), waiting.end(), block.random);
    for (int i : waiting) {
      ThreadState& t = block.threads[size_t(i)];
      if (t.wait == Wait::NONE) resume(t.fiber);
    }
  }
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

int lane() { return block.running->thread % kWarp; }

void sync_threads(Place place) { wait(Wait::BLOCK, place); }

uint64_t exchange(Place place, unsigned mask, uint64_t value, int source) {
  ThreadState& own = block.self();
  const int turn = own.turn ^= 1, first = block.running->thread / kWarp * kWarp;
  own.given[turn] = value;
  (void)mask;  // exchanges among a part of a warp are not emulated: release_waiting refuses them
  wait(Wait::WARP, place);
  const size_t from = size_t(first + source);
  return from < block.threads.size() ? block.threads[from].given[turn] : value;
}

std::string run_grid(const cudaLaunchConfig_t& config, const std::function<void()>& body) {
  block.body = &body;
  blockDim = config.blockDim;
  gridDim = config.gridDim;
  // Only a fault inside a kernel leaves threads behind; then the fibers that they stand on are of no use.
  if (block.idle.size() != block.fibers.size()) forget_fibers();
  const int64_t x = config.gridDim.x, y = config.gridDim.y, count = x * y * config.gridDim.z;
  const bool backwards = (block.random() & 1) != 0;
  for (int64_t k = 0; k < count; ++k) {
    const int64_t i = backwards ? count - 1 - k : k;
    blockIdx = dim3(unsigned(i % x), unsigned(i / x % y), unsigned(i / (x * y)));
    const std::string problem = run_block();
    if (!problem.empty()) return problem;
  }
  return {};
}

}  // namespace cudaemu
