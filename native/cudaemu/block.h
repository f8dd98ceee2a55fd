#pragma once
// Runs the blocks of a kernel, one after the other, on the calling thread.
#include <functional>
#include <string>

#include "cuda_runtime.h"

namespace cudaemu {

/** Runs every thread of every block. Returns a description of what is wrong with the kernel's barriers, empty if nothing is. */
std::string run_grid(const cudaLaunchConfig_t& config, const std::function<void()>& body);

}  // namespace cudaemu
