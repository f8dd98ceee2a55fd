// The emulated devices as the runtime describes them. Environment variables play other machines:
//   CUDAEMU_DEVICES   number of devices, 1 unless set
//   CUDAEMU_PROBLEM   no_driver, old_driver or no_device
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "cuda_runtime_api.h"

namespace {

thread_local int chosen = 0;

std::string problem() {
  const char* value = std::getenv("CUDAEMU_PROBLEM");
  return value != nullptr ? value : "";
}

int devices() {
  const char* value = std::getenv("CUDAEMU_DEVICES");
  return value != nullptr ? std::atoi(value) : 1;
}

cudaError_t check(int device) {
  int count = 0;
  const cudaError_t result = cudaGetDeviceCount(&count);
  if (result != cudaSuccess) return result;
  return device >= 0 && device < count ? cudaSuccess : cudaErrorInvalidDevice;
}

struct Description {
  cudaError_t error;
  const char* name;
  const char* text;
};

const Description kDescriptions[] = {
    {cudaSuccess, "cudaSuccess", "no error"},
    {cudaErrorInvalidValue, "cudaErrorInvalidValue", "invalid argument"},
    {cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation", "out of memory"},
    {cudaErrorInvalidConfiguration, "cudaErrorInvalidConfiguration", "invalid configuration argument"},
    {cudaErrorInsufficientDriver, "cudaErrorInsufficientDriver", "CUDA driver version is insufficient for CUDA runtime version"},
    {cudaErrorNoDevice, "cudaErrorNoDevice", "no CUDA-capable device is detected"},
    {cudaErrorInvalidDevice, "cudaErrorInvalidDevice", "invalid device ordinal"},
    {cudaErrorInvalidResourceHandle, "cudaErrorInvalidResourceHandle", "invalid resource handle"},
    {cudaErrorNotReady, "cudaErrorNotReady", "device not ready"},
    {cudaErrorIllegalAddress, "cudaErrorIllegalAddress", "an illegal memory access was encountered"},
    {cudaErrorLaunchFailure, "cudaErrorLaunchFailure", "unspecified launch failure"},
};

const Description& describe(cudaError_t error) {
  for (const Description& d : kDescriptions) {
    if (d.error == error) return d;
  }
  static const Description unknown{cudaSuccess, "unrecognized error code", "unrecognized error code"};
  return unknown;
}

}  // namespace

const char* cudaGetErrorString(cudaError_t error) { return describe(error).text; }
const char* cudaGetErrorName(cudaError_t error) { return describe(error).name; }

cudaError_t cudaDriverGetVersion(int* version) {
  *version = problem() == "no_driver" ? 0 : problem() == "old_driver" ? 11040 : CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 0;
  if (problem() == "no_driver" || problem() == "old_driver") return cudaErrorInsufficientDriver;
  if (problem() == "no_device" || devices() <= 0) return cudaErrorNoDevice;
  *count = devices();
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  const cudaError_t result = check(device);
  if (result == cudaSuccess) chosen = device;
  return result;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  switch (attribute) {
    case cudaDevAttrComputeCapabilityMajor: *value = 9; break;
    case cudaDevAttrComputeCapabilityMinor: *value = 0; break;
    case cudaDevAttrMemoryPoolsSupported: *value = 1; break;
    case cudaDevAttrClockRate: *value = 1000000; break;
    case cudaDevAttrGpuOverlap: *value = 1; break;
    default: *value = 0; break;
  }
  return check(device);
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int device) {
  std::memset(p, 0, sizeof(*p));
  std::snprintf(p->name, sizeof(p->name), "emulated device (no hardware)");
  p->totalGlobalMem = size_t(8) << 30;
  p->sharedMemPerBlock = 48 << 10;
  p->regsPerBlock = 65536;
  p->warpSize = 32;
  p->memPitch = 0x7fffffff;
  p->maxThreadsPerBlock = 1024;
  p->maxThreadsDim[0] = p->maxThreadsDim[1] = 1024;
  p->maxThreadsDim[2] = 64;
  p->maxGridSize[0] = 0x7fffffff;
  p->maxGridSize[1] = p->maxGridSize[2] = 65535;
  p->totalConstMem = 64 << 10;
  p->major = 9;
  p->textureAlignment = 512;
  p->multiProcessorCount = 1;
  return check(device);
}
