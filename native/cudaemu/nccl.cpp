// The functions of NCCL that the library opens at run time, for ranks in one process. CUDAEMU_NCCL_STATUS plays a failure: the status of
// ncclCommInitAll and ncclGroupEnd.
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "memory.h"
#include "stream.h"

namespace {

enum Status { kSuccess = 0, kUnhandledCudaError = 1, kSystemError = 2, kInternalError = 3, kInvalidArgument = 4, kInvalidUsage = 5 };

struct Clique {
  size_t ranks;
};

struct Communicator {
  std::shared_ptr<Clique> clique;
  size_t rank;
};

struct Call {
  const float* from;
  float* to;
  size_t count;
  Communicator* communicator;
  cudaStream_t stream;
};

thread_local int depth = 0;
thread_local std::vector<Call> calls;

int played_status() {
  const char* value = std::getenv("CUDAEMU_NCCL_STATUS");
  return value != nullptr ? std::atoi(value) : kSuccess;
}

/** The calls of one all-reduce, one a rank: to[r] = sum of from[k] over k, when the streams of all have come so far. */
int start(std::vector<Call> ranks) {
  std::vector<cudaStream_t> streams;
  for (const Call& call : ranks) {
    if (call.count != ranks[0].count) return kInvalidUsage;
    streams.push_back(call.stream);
  }
  const cudaError_t result = cudaemu::enqueue_together(streams, cudaErrorIllegalAddress, [ranks = std::move(ranks)]() -> std::string {
    for (const Call& call : ranks) {
      const size_t bytes = call.count * sizeof(float);
      if (!cudaemu::reach(call.from, bytes) || !cudaemu::reach(call.to, bytes)) return "an all-reduce beyond its arrays";
    }
    for (size_t i = 0; i < ranks[0].count; ++i) {
      float sum = 0;
      for (const Call& call : ranks) sum += call.from[i];
      for (const Call& call : ranks) call.to[i] = sum;
    }
    return {};
  });
  return result == cudaSuccess ? kSuccess : kUnhandledCudaError;
}

/** Puts the calls of a group together: the nth of each rank belong to one all-reduce. */
int start_all(const std::vector<Call>& group) {
  std::vector<Clique*> cliques;
  for (const Call& call : group) {
    Clique* clique = call.communicator->clique.get();
    bool seen = false;
    for (const Clique* c : cliques) seen = seen || c == clique;
    if (!seen) cliques.push_back(clique);
  }
  for (const Clique* clique : cliques) {
    std::vector<std::vector<Call>> of_rank(clique->ranks);
    for (const Call& call : group) {
      if (call.communicator->clique.get() == clique) of_rank[call.communicator->rank].push_back(call);
    }
    for (size_t n = 0; n < of_rank[0].size(); ++n) {
      std::vector<Call> together;
      for (const auto& rank : of_rank) {
        if (rank.size() != of_rank[0].size()) return kInvalidUsage;  // the real one waits for ever
        together.push_back(rank[n]);
      }
      const int status = start(std::move(together));
      if (status != kSuccess) return status;
    }
  }
  return kSuccess;
}

}  // namespace

extern "C" {

CUDAEMU_API int ncclGetVersion(int* version) {
  *version = 22100;
  return kSuccess;
}

CUDAEMU_API const char* ncclGetErrorString(int status) {
  switch (status) {
    case kSuccess: return "no error";
    case kUnhandledCudaError: return "unhandled cuda error";
    case kSystemError: return "unhandled system error";
    case kInternalError: return "internal error";
    case kInvalidArgument: return "invalid argument";
    case kInvalidUsage: return "invalid usage";
  }
  return "unknown result code";
}

CUDAEMU_API int ncclCommInitAll(void** communicators, int count, const int* devices) {
  if (played_status() != kSuccess) return played_status();
  if (count <= 0) return kInvalidArgument;
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j < i; ++j) {
      if (devices[i] == devices[j]) return kInvalidUsage;
    }
  }
  auto clique = std::make_shared<Clique>(Clique{size_t(count)});
  for (int i = 0; i < count; ++i) communicators[i] = new Communicator{clique, size_t(i)};
  return kSuccess;
}

CUDAEMU_API int ncclCommDestroy(void* communicator) {
  delete static_cast<Communicator*>(communicator);
  return kSuccess;
}

CUDAEMU_API int ncclGroupStart() {
  ++depth;
  return kSuccess;
}

CUDAEMU_API int ncclGroupEnd() {
  if (depth == 0) return kInvalidUsage;
  if (--depth > 0) return kSuccess;
  const std::vector<Call> group = std::move(calls);
  calls.clear();
  return played_status() != kSuccess ? played_status() : start_all(group);
}

CUDAEMU_API int ncclAllReduce(const void* from, void* to, size_t count, int type, int operation, void* communicator, cudaStream_t stream) {
  if (type != 7 || operation != 0 || communicator == nullptr) return kInvalidArgument;  // other than ncclFloat and ncclSum
  ncclGroupStart();
  calls.push_back({static_cast<const float*>(from), static_cast<float*>(to), count, static_cast<Communicator*>(communicator), stream});
  return ncclGroupEnd();
}

}  // extern "C"
