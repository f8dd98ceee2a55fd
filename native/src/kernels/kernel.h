#pragma once
// Kernels are functors over an element's index, written once: an OpenMP loop runs them on the CPU (launch.h), a CUDA grid on the GPU.
// Functors hold raw pointers and plain parameters only, and element i may write nothing but elements i. Whole numbers have 64 bits: two of
// 32 beside each other can look like an address, which the emulated device would refuse.
#include <cstdint>

#if defined(__CUDACC__)
#define C4J_KERNEL __host__ __device__ __forceinline__
#else
#define C4J_KERNEL inline
#endif

/** Names the instances of a functor template that are compiled for GPUs; cmake/CudaKernels.cmake reads it, as it does plain functors. */
#define C4J_INSTANCES(...)
