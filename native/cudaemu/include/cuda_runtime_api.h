#pragma once
// The part of the CUDA runtime's interface that the library uses, for the emulated device. For tests only; see ../README.md.
#include <cstddef>
#include <cstdint>

#define CUDART_VERSION 13000
#define CUDAEMU_API __attribute__((visibility("default")))

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorInvalidResourceHandle = 400,
  cudaErrorNotReady = 600,
  cudaErrorIllegalAddress = 700,
  cudaErrorLaunchFailure = 719,
};

enum cudaMemcpyKind { cudaMemcpyHostToHost, cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };

enum cudaDeviceAttr {
  cudaDevAttrClockRate = 13,
  cudaDevAttrGpuOverlap = 15,
  cudaDevAttrKernelExecTimeout = 17,
  cudaDevAttrComputeCapabilityMajor = 75,
  cudaDevAttrComputeCapabilityMinor = 76,
  cudaDevAttrMemoryPoolsSupported = 115,
};

struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem, sharedMemPerBlock;
  int regsPerBlock, warpSize;
  size_t memPitch;
  int maxThreadsPerBlock, maxThreadsDim[3], maxGridSize[3];
  size_t totalConstMem;
  int major, minor;
  size_t textureAlignment;
  int multiProcessorCount;
};

typedef struct CudaEmuStream* cudaStream_t;
typedef struct CudaEmuEvent* cudaEvent_t;
typedef struct CudaEmuPool* cudaMemPool_t;
enum cudaMemPoolAttr { cudaMemPoolAttrReleaseThreshold = 4 };
enum { cudaStreamNonBlocking = 1, cudaEventDefault = 0, cudaEventDisableTiming = 2, cudaHostAllocDefault = 0 };

CUDAEMU_API const char* cudaGetErrorString(cudaError_t error);
CUDAEMU_API const char* cudaGetErrorName(cudaError_t error);
CUDAEMU_API cudaError_t cudaGetLastError();

CUDAEMU_API cudaError_t cudaDriverGetVersion(int* version);
CUDAEMU_API cudaError_t cudaGetDeviceCount(int* count);
CUDAEMU_API cudaError_t cudaSetDevice(int device);
CUDAEMU_API cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device);
CUDAEMU_API cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);

CUDAEMU_API cudaError_t cudaMalloc(void** memory, size_t bytes);
CUDAEMU_API cudaError_t cudaFree(void* memory);
CUDAEMU_API cudaError_t cudaMallocAsync(void** memory, size_t bytes, cudaStream_t stream);
CUDAEMU_API cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream);
CUDAEMU_API cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device);
CUDAEMU_API cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value);
CUDAEMU_API cudaError_t cudaMemPoolTrimTo(cudaMemPool_t pool, size_t keep);
CUDAEMU_API cudaError_t cudaHostAlloc(void** memory, size_t bytes, unsigned flags);
CUDAEMU_API cudaError_t cudaFreeHost(void* memory);
CUDAEMU_API cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
CUDAEMU_API cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream);

CUDAEMU_API cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
CUDAEMU_API cudaError_t cudaStreamDestroy(cudaStream_t stream);
CUDAEMU_API cudaError_t cudaStreamSynchronize(cudaStream_t stream);
CUDAEMU_API cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
CUDAEMU_API cudaError_t cudaEventDestroy(cudaEvent_t event);
CUDAEMU_API cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
CUDAEMU_API cudaError_t cudaEventSynchronize(cudaEvent_t event);
CUDAEMU_API cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end);
