#include "cuda/libraries.h"

#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include <cstddef>

#include "caffe4j/device.h"

namespace caffe4j {

DynamicLibrary::DynamicLibrary(const char* soname) : handle_(dlopen(soname, RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ == nullptr) {
    const char* reason = dlerror();
    problem_ = std::string("cannot open ") + soname + ": " + (reason != nullptr ? reason : "no reason given");
  }
}

void* DynamicLibrary::symbol(const char* name) const { return handle_ != nullptr ? dlsym(handle_, name) : nullptr; }

#if CUDART_VERSION >= 13000
#define C4J_CUBLAS "libcublas.so.13"
#elif CUDART_VERSION >= 12000
#define C4J_CUBLAS "libcublas.so.12"
#else
#define C4J_CUBLAS "libcublas.so.11"
#endif

const DynamicLibrary& cublas() {
  static const DynamicLibrary library(C4J_CUBLAS);
  return library;
}

const DynamicLibrary& cudnn() {
  static const DynamicLibrary library("libcudnn.so.9");
  return library;
}

const DynamicLibrary& nccl() {
  static const DynamicLibrary library("libnccl.so.2");
  return library;
}

namespace {

std::string cublas_version() {
  if (!cublas().is_open()) return "no cuBLAS: " + cublas().problem();
  auto* property = cublas().function<int(int, int*)>("cublasGetProperty");
  int part[3] = {};
  for (int i = 0; i < 3; ++i) {
    if (property == nullptr || property(i, &part[i]) != 0) return "cuBLAS of unknown version";
  }
  return "cuBLAS " + std::to_string(part[0]) + "." + std::to_string(part[1]) + "." + std::to_string(part[2]);
}

std::string cudnn_version() {
  if (!cudnn().is_open()) return "no cuDNN: " + cudnn().problem();
  auto* version = cudnn().function<size_t()>("cudnnGetVersion");
  if (version == nullptr) return "cuDNN of unknown version";
  const size_t v = version();
  return "cuDNN " + std::to_string(v / 10000) + "." + std::to_string(v / 100 % 100) + "." + std::to_string(v % 100);
}

std::string nccl_version() {
  if (!nccl().is_open()) return "no NCCL: " + nccl().problem();
  auto* version = nccl().function<int(int*)>("ncclGetVersion");
  int v = 0;
  if (version == nullptr || version(&v) != 0) return "NCCL of unknown version";
  const int major = v < 10000 ? 1000 : 10000;  // 2708 is 2.7.8, 22100 is 2.21.0
  return "NCCL " + std::to_string(v / major) + "." + std::to_string(v % major / 100) + "." + std::to_string(v % 100);
}

}  // namespace

const char* device_libraries() {
  static const std::string text = cublas_version() + "; " + cudnn_version() + "; " + nccl_version();
  return text.c_str();
}

}  // namespace caffe4j
