#include "caffe4j/device.h"

#include <map>
#include <mutex>
#include <sstream>
#include <string>

#include "cuda/cuda_error.h"

namespace caffe4j {
namespace {

std::string release(int version) { return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10); }

int attribute(cudaDeviceAttr which, int device) {
  int value = 0;
  require_cuda(cudaDeviceGetAttribute(&value, which, device), "asking for the properties of a CUDA device");
  return value;
}

struct Devices {
  int count = 0;
  std::string problem;
};

std::string driver_problem(cudaError_t result) {
  int driver = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess) driver = 0;
  std::string reason;
  if (result == cudaErrorInsufficientDriver && driver == 0) {
    reason = "no NVIDIA driver is installed";
  } else if (result == cudaErrorInsufficientDriver) {
    reason = "the NVIDIA driver supports CUDA " + release(driver) + ", which is too old; install one for CUDA " + release(CUDART_VERSION);
  } else if (result == cudaErrorNoDevice) {
    reason = "the NVIDIA driver shows no device to this process (is CUDA_VISIBLE_DEVICES set?)";
  } else {
    reason = "CUDA cannot start";
  }
  return reason + ": " + cudaGetErrorString(result) + " (" + cudaGetErrorName(result) + ")";
}

Devices find_devices() {
  Devices found;
  int count = 0;
  const cudaError_t result = cudaGetDeviceCount(&count);
  if (result != cudaSuccess || count == 0) {
    found.problem = driver_problem(result != cudaSuccess ? result : cudaErrorNoDevice);
    return found;
  }
  for (int device = 0; device < count; ++device) {
    int major = 0;
    int minor = 0;
    if (cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device) != cudaSuccess ||
        cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device) != cudaSuccess) {
      continue;
    }
    if (major * 10 + minor >= C4J_CUDA_OLDEST) {
      found.count = count;
      return found;
    }
  }
  found.problem = "every CUDA device here is older than compute capability " + std::to_string(C4J_CUDA_OLDEST / 10) + "." +
                  std::to_string(C4J_CUDA_OLDEST % 10) + ", the oldest that this library has code for";
  return found;
}

const Devices& devices() {
  static const Devices found = find_devices();
  return found;
}

std::string describe(int device) {
  cudaDeviceProp p;
  require_cuda(cudaGetDeviceProperties(&p, device), "asking for the properties of a CUDA device");
  std::ostringstream text;
  auto yes_no = [](int value) { return value != 0 ? "Yes" : "No"; };
  auto triple = [](const int v[3]) { return std::to_string(v[0]) + ", " + std::to_string(v[1]) + ", " + std::to_string(v[2]); };
  text << "Device id:                     " << device << "\nMajor revision number:         " << p.major
       << "\nMinor revision number:         " << p.minor << "\nName:                          " << p.name
       << "\nTotal global memory:           " << p.totalGlobalMem << "\nTotal shared memory per block: " << p.sharedMemPerBlock
       << "\nTotal registers per block:     " << p.regsPerBlock << "\nWarp size:                     " << p.warpSize
       << "\nMaximum memory pitch:          " << p.memPitch << "\nMaximum threads per block:     " << p.maxThreadsPerBlock
       << "\nMaximum dimension of block:    " << triple(p.maxThreadsDim)
       << "\nMaximum dimension of grid:     " << triple(p.maxGridSize)
       << "\nClock rate:                    " << attribute(cudaDevAttrClockRate, device)
       << "\nTotal constant memory:         " << p.totalConstMem << "\nTexture alignment:             " << p.textureAlignment
       << "\nConcurrent copy and execution: " << yes_no(attribute(cudaDevAttrGpuOverlap, device))
       << "\nNumber of multiprocessors:     " << p.multiProcessorCount
       << "\nKernel execution timeout:      " << yes_no(attribute(cudaDevAttrKernelExecTimeout, device));
  return text.str();
}

}  // namespace

const char* build_variant() { return "gpu"; }
int device_count() { return devices().count; }
const char* device_unavailability() { return devices().problem.c_str(); }

const char* device_properties(int device) {
  require(device_count() > 0, ErrorKind::DEVICE, "no CUDA device ", device, ": ", device_unavailability());
  require(device >= 0 && device < device_count(), ErrorKind::DEVICE, "no CUDA device ", device, ": there are ", device_count(),
          ", numbered from 0");
  static std::mutex mutex;
  static std::map<int, std::string> known;
  const std::lock_guard<std::mutex> lock(mutex);
  auto entry = known.find(device);
  if (entry == known.end()) entry = known.emplace(device, describe(device)).first;
  return entry->second.c_str();
}

}  // namespace caffe4j
