#pragma once
// Streams of the emulated devices: lists of work that is done when somebody waits for it, so that what reads too early reads old values.
#include <functional>
#include <string>
#include <vector>

#include "cuda_runtime_api.h"

namespace cudaemu {

/** Adds work to a stream. It returns a description of what went wrong, empty if nothing did. */
CUDAEMU_API cudaError_t enqueue(cudaStream_t stream, cudaError_t error, std::function<std::string()> work);

/** Adds one piece of work to several streams: it is done once, when all of them have come so far. */
CUDAEMU_API cudaError_t enqueue_together(const std::vector<cudaStream_t>& streams, cudaError_t error, std::function<std::string()> work);

/** The work's last failure is remembered for cudaGetLastError and printed. */
cudaError_t failed(cudaError_t error, const std::string& why);

}  // namespace cudaemu
