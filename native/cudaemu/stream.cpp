#include "stream.h"

#include <chrono>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>

#include "block.h"
#include "memory.h"

namespace cudaemu {

namespace {

/** Where work that several streams share stands in each of them. */
struct Meeting {
  std::vector<std::pair<CudaEmuStream*, uint64_t>> places;
  bool reached = false;
};

struct Work {
  cudaError_t error;
  std::function<std::string()> run;
  uint64_t number;
  std::shared_ptr<Meeting> meeting;
};

}  // namespace
}  // namespace cudaemu

struct CudaEmuStream {
  std::deque<cudaemu::Work> work;
  uint64_t added = 0, done = 0;
};

struct CudaEmuEvent {
  using Time = std::chrono::steady_clock::time_point;

  bool timed = false;
  CudaEmuStream* stream = nullptr;
  uint64_t number = 0;
  std::shared_ptr<Time> reached;  // when the stream came here; the clock's zero until it has
};

namespace cudaemu {

namespace {

std::recursive_mutex mutex;
cudaError_t last_error = cudaSuccess;
/** As on a device, an error inside of a kernel stays: whatever comes after it fails as well, until cudaGetLastError was asked. */
cudaError_t broken = cudaSuccess;

thread_local bool running = false;
thread_local sigjmp_buf fault;
thread_local const void* fault_address = nullptr;
struct sigaction before;

/** Addresses of members and elements of nothing are below. */
constexpr uintptr_t kNothing = uintptr_t(1) << 16;

/** A kernel's first access to an array is tried again; one that reaches beyond its arrays ends here; every other fault is somebody else's. */
void on_fault(int signal, siginfo_t* info, void* context) {
  if (running && reach(info->si_addr, 1)) return;
  if (running && (is_device_address(info->si_addr) || reinterpret_cast<uintptr_t>(info->si_addr) < kNothing)) {
    fault_address = info->si_addr;
    siglongjmp(fault, 1);
  }
  if ((before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction != nullptr) {
    before.sa_sigaction(signal, info, context);
  } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(signal);
  } else {
    std::signal(signal, SIG_DFL);  // the access is tried again, and ends the process
  }
}

/** Catches faults while it lives. */
class FaultHandler {
 public:
  FaultHandler() {
    struct sigaction action = {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &before);
    running = true;
  }
  ~FaultHandler() {
    running = false;
    sigaction(SIGSEGV, &before, nullptr);
  }
};

std::string run_one(const Work& work) {
  if (sigsetjmp(fault, 1) != 0) {
    char text[96];
    std::snprintf(text, sizeof(text), "an access outside of all arrays, at %p", fault_address);
    return text;
  }
  return work.run();
}

void advance(CudaEmuStream& stream, uint64_t until) {
  while (!stream.work.empty() && stream.work.front().number <= until) {
    const Work work = std::move(stream.work.front());
    stream.work.pop_front();
    stream.done = work.number;
    if (work.meeting != nullptr) {
      if (work.meeting->reached) continue;
      work.meeting->reached = true;
      for (const auto& [other, number] : work.meeting->places) advance(*other, number - 1);
    }
    if (broken != cudaSuccess) continue;
    const std::string problem = run_one(work);
    if (!problem.empty()) broken = failed(work.error, problem);
  }
}

cudaError_t drain(CudaEmuStream& stream, uint64_t until) {
  if (stream.work.empty() || stream.work.front().number > until) return broken;
  const Access access;
  const FaultHandler handler;
  advance(stream, until);
  if (broken == cudaSuccess) {
    const std::string problem = damage();
    if (!problem.empty()) broken = failed(cudaErrorIllegalAddress, problem);
  }
  return broken;
}

using Lock = std::lock_guard<std::recursive_mutex>;

}  // namespace

cudaError_t failed(cudaError_t error, const std::string& why) {
  std::fprintf(stderr, "cudaemu: %s\n", why.c_str());
  return last_error = error;
}

cudaError_t enqueue(cudaStream_t stream, cudaError_t error, std::function<std::string()> work) {
  const Lock lock(mutex);
  if (stream == nullptr) return failed(cudaErrorInvalidValue, "work without a stream");
  if (broken != cudaSuccess) return broken;
  stream->work.push_back({error, std::move(work), ++stream->added, nullptr});
  return cudaSuccess;
}

cudaError_t enqueue_together(const std::vector<cudaStream_t>& streams, cudaError_t error, std::function<std::string()> work) {
  const Lock lock(mutex);
  const auto meeting = std::make_shared<Meeting>();
  for (cudaStream_t stream : streams) {
    const cudaError_t result = enqueue(stream, error, work);
    if (result != cudaSuccess) return result;
    stream->work.back().meeting = meeting;
    meeting->places.emplace_back(stream, stream->added);
  }
  return cudaSuccess;
}

bool has_host_pointer(const void* bytes, size_t size) {
  for (size_t at = 0; at + sizeof(void*) <= size; at += sizeof(void*)) {
    const void* word = nullptr;
    std::memcpy(&word, static_cast<const char*>(bytes) + at, sizeof(word));
    if (is_host_address(word)) return true;
  }
  return false;
}

cudaError_t refuse_host_pointer(const char* name) {
  const Lock lock(mutex);
  return broken = failed(cudaErrorIllegalAddress, std::string("a pointer to host memory is given to a kernel (") + name + ")");
}

cudaError_t launch(const cudaLaunchConfig_t& config, const char* name, std::function<void()> body) {
  const dim3 b = config.blockDim, g = config.gridDim;
  if (b.x == 0 || b.y == 0 || b.z == 0 || b.x * b.y * b.z > 1024 || g.x == 0 || g.y == 0 || g.z == 0 || g.y > 65535 || g.z > 65535) {
    return failed(cudaErrorInvalidConfiguration, std::string("a grid or block of an impossible size in ") + name);
  }
  return enqueue(config.stream, cudaErrorIllegalAddress, [config, name, body = std::move(body)]() -> std::string {
    const std::string problem = run_grid(config, body);
    return problem.empty() ? problem : problem + " (" + name + ")";
  });
}

}  // namespace cudaemu

using namespace cudaemu;

cudaError_t cudaGetLastError() {
  const Lock lock(mutex);
  const cudaError_t error = last_error;
  last_error = broken = cudaSuccess;
  return error;
}

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  const Lock lock(mutex);
  if (broken != cudaSuccess) return broken;
  *memory = allocate(bytes);
  return *memory != nullptr ? cudaSuccess : last_error = cudaErrorMemoryAllocation;
}

cudaError_t cudaMallocAsync(void** memory, size_t bytes, cudaStream_t) { return cudaMalloc(memory, bytes); }

cudaError_t cudaFree(void* memory) {
  const Lock lock(mutex);
  if (memory == nullptr || release(memory)) return cudaSuccess;
  return failed(cudaErrorInvalidValue, "memory given back that is not allocated");
}

cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream) {
  return enqueue(stream, cudaErrorInvalidValue, [memory]() -> std::string {
    return release(memory) ? "" : "memory given back that is not allocated";
  });
}

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int) {
  *pool = nullptr;
  return cudaSuccess;
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }
cudaError_t cudaMemPoolTrimTo(cudaMemPool_t, size_t) { return cudaSuccess; }

cudaError_t cudaHostAlloc(void** memory, size_t bytes, unsigned) {
  *memory = std::malloc(bytes);
  return *memory != nullptr ? cudaSuccess : cudaErrorMemoryAllocation;
}

cudaError_t cudaFreeHost(void* memory) {
  std::free(memory);
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  return enqueue(stream, cudaErrorInvalidValue, [=]() -> std::string {
    const bool fits = (to_device ? reach(to, bytes) : !is_device_address(to)) &&
                      (from_device ? reach(from, bytes) : !is_device_address(from));
    if (!fits) return "a copy of " + std::to_string(bytes) + " bytes beyond its arrays, or of another direction than it says";
    std::memmove(to, from, bytes);
    return {};
  });
}

cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  return enqueue(stream, cudaErrorInvalidValue, [=]() -> std::string {
    if (!reach(to, bytes)) return "a fill of " + std::to_string(bytes) + " bytes beyond its array";
    std::memset(to, value, bytes);
    return {};
  });
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new CudaEmuStream;
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const Lock lock(mutex);
  const cudaError_t result = drain(*stream, stream->added);
  delete stream;
  return result;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const Lock lock(mutex);
  return drain(*stream, stream->added);
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  *event = new CudaEmuEvent;
  (*event)->timed = (flags & cudaEventDisableTiming) == 0;
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const Lock lock(mutex);
  if (event->timed) {
    const auto reached = std::make_shared<CudaEmuEvent::Time>();
    const cudaError_t result = enqueue(stream, cudaErrorLaunchFailure, [reached]() -> std::string {
      *reached = std::chrono::steady_clock::now();
      return {};
    });
    if (result != cudaSuccess) return result;
    event->reached = reached;
  }
  event->stream = stream;
  event->number = stream->added;
  return broken;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const Lock lock(mutex);
  return event->stream == nullptr ? cudaSuccess : drain(*event->stream, event->number);
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  const Lock lock(mutex);
  if (start->reached == nullptr || end->reached == nullptr) {
    return failed(cudaErrorInvalidResourceHandle, "the time of an event that was not recorded, or made without timing");
  }
  const CudaEmuEvent::Time none;
  if (*start->reached == none || *end->reached == none) return failed(cudaErrorNotReady, "the time of an event that nobody waited for");
  *milliseconds = std::chrono::duration<float, std::milli>(*end->reached - *start->reached).count();
  return cudaSuccess;
}
