// The handle and the descriptors of the emulated cuDNN. CUDAEMU_CUDNN_STATUS plays a failure: the status of cudnnCreate.
#include "cudnn.h"

#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

namespace cudaemu {

namespace {

thread_local std::string last_refusal;
int64_t computations = 0;

constexpr bool is_float(int type) { return type == 0; }  // CUDNN_DATA_FLOAT, of the only type that is emulated
constexpr bool is_nchw(int format) { return format == 0; }

template <class T>
int make(T** descriptor) {
  if (descriptor == nullptr) return refuse(kCudnnBadParam, "no place for a descriptor");
  *descriptor = new T;
  return kCudnnSuccess;
}

template <class T>
int destroy(T* descriptor) {
  delete descriptor;
  return kCudnnSuccess;
}

int set_dims(CudnnDims* dims, int type, int format, int n, int c, int h, int w) {
  if (dims == nullptr || n <= 0 || c <= 0 || h <= 0 || w <= 0) return refuse(kCudnnBadParam, "(n <= 0) || (c <= 0) || (h <= 0) || (w <= 0)");
  if (!is_float(type) || !is_nchw(format)) return refuse(kCudnnNotSupported, "only floats in NCHW are emulated");
  dims->n = n;
  dims->c = c;
  dims->h = h;
  dims->w = w;
  dims->set = true;
  return kCudnnSuccess;
}

}  // namespace

int refuse(CudnnStatus status, const char* why) {
  last_refusal = why;
  return status;
}

int compute(cudnnContext* handle, std::initializer_list<CudnnArray> arrays, std::function<void()> work) {
  if (handle == nullptr) return refuse(kCudnnBadParam, "handle == NULL");
  for (const CudnnArray& a : arrays) {
    if (a.values == nullptr) return refuse(kCudnnBadParam, "an array is NULL");
    if (reinterpret_cast<uintptr_t>(a.values) % sizeof(float) != 0) return refuse(kCudnnMisaligned, "an array is not aligned");
  }
  const cudaError_t result = enqueue(handle->stream, cudaErrorIllegalAddress,
                                     [all = std::vector<CudnnArray>(arrays), work = std::move(work)]() -> std::string {
                                       for (const CudnnArray& a : all) {
                                         if (!reach(a.values, size_t(a.count) * sizeof(float))) return "cuDNN works beyond its arrays";
                                       }
                                       work();
                                       return {};
                                     });
  ++computations;
  return result == cudaSuccess ? kCudnnSuccess : refuse(kCudnnExecutionFailed, "the stream is broken");
}

}  // namespace cudaemu

using namespace cudaemu;

extern "C" {

/** For tests: how much work was given to the streams so far. */
CUDAEMU_API int64_t cudaemuCudnnComputations() { return computations; }

CUDAEMU_API size_t cudnnGetVersion() { return 92400; }

CUDAEMU_API const char* cudnnGetErrorString(int status) {
  switch (status) {
    case kCudnnSuccess: return "CUDNN_STATUS_SUCCESS";
    case 1001: return "CUDNN_STATUS_NOT_INITIALIZED";
    case kCudnnBadParam: return "CUDNN_STATUS_BAD_PARAM";
    case kCudnnMisaligned: return "CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER";
    case kCudnnNotSupported: return "CUDNN_STATUS_NOT_SUPPORTED";
    case kCudnnExecutionFailed: return "CUDNN_STATUS_EXECUTION_FAILED_CUDART";
  }
  return "CUDNN_UNKNOWN_STATUS";
}

CUDAEMU_API void cudnnGetLastErrorString(char* message, size_t size) {
  if (size == 0) return;
  std::strncpy(message, last_refusal.c_str(), size - 1);
  message[size - 1] = 0;
}

CUDAEMU_API int cudnnCreate(cudnnContext** handle) {
  if (const char* played = std::getenv("CUDAEMU_CUDNN_STATUS")) return std::atoi(played);
  return make(handle);
}
CUDAEMU_API int cudnnDestroy(cudnnContext* handle) { return destroy(handle); }

CUDAEMU_API int cudnnSetStream(cudnnContext* handle, cudaStream_t stream) {
  if (handle == nullptr) return refuse(kCudnnBadParam, "handle == NULL");
  handle->stream = stream;
  return kCudnnSuccess;
}

CUDAEMU_API int cudnnCreateTensorDescriptor(cudnnTensorStruct** d) { return make(d); }
CUDAEMU_API int cudnnDestroyTensorDescriptor(cudnnTensorStruct* d) { return destroy(d); }
CUDAEMU_API int cudnnSetTensor4dDescriptor(cudnnTensorStruct* d, int format, int type, int n, int c, int h, int w) {
  const int status = set_dims(d, type, format, n, c, h, w);
  if (status != kCudnnSuccess) return status;
  // A product of four ints may be more than 64 bits hold.
  double count = 1;
  for (int size : {n, c, h, w}) count *= size;
  if (count <= std::numeric_limits<int32_t>::max()) return kCudnnSuccess;
  d->set = false;
  return refuse(kCudnnNotSupported, "a tensor of more than 2^31 - 1 elements");
}

CUDAEMU_API int cudnnCreateFilterDescriptor(cudnnFilterStruct** d) { return make(d); }
CUDAEMU_API int cudnnDestroyFilterDescriptor(cudnnFilterStruct* d) { return destroy(d); }
CUDAEMU_API int cudnnSetFilter4dDescriptor(cudnnFilterStruct* d, int type, int format, int outputs, int inputs, int h, int w) {
  return set_dims(d, type, format, outputs, inputs, h, w);
}

CUDAEMU_API int cudnnCreateConvolutionDescriptor(cudnnConvolutionStruct** d) { return make(d); }
CUDAEMU_API int cudnnDestroyConvolutionDescriptor(cudnnConvolutionStruct* d) { return destroy(d); }
CUDAEMU_API int cudnnSetConvolution2dDescriptor(cudnnConvolutionStruct* d, int pad_h, int pad_w, int stride_h, int stride_w, int dilation_h,
                                                int dilation_w, int mode, int type) {
  if (d == nullptr || pad_h < 0 || pad_w < 0) return refuse(kCudnnBadParam, "padA[i] < 0");
  if (stride_h <= 0 || stride_w <= 0) return refuse(kCudnnBadParam, "strideA[i] <= 0");
  if (dilation_h != 1 || dilation_w != 1 || mode != 1 || !is_float(type)) {
    return refuse(kCudnnNotSupported, "only cross-correlations of floats without dilation are emulated");
  }
  d->pad_h = pad_h;
  d->pad_w = pad_w;
  d->stride_h = stride_h;
  d->stride_w = stride_w;
  d->set = true;
  return kCudnnSuccess;
}
CUDAEMU_API int cudnnSetConvolutionGroupCount(cudnnConvolutionStruct* d, int group) {
  if (d == nullptr || group < 1) return refuse(kCudnnBadParam, "groupCount < 1");
  d->group = group;
  return kCudnnSuccess;
}
CUDAEMU_API int cudnnSetConvolutionMathType(cudnnConvolutionStruct* d, int math) {
  if (d == nullptr || math < 0 || math > 3) return refuse(kCudnnBadParam, "!isValidMathType(mathType)");
  d->math = math;
  return kCudnnSuccess;
}

CUDAEMU_API int cudnnCreatePoolingDescriptor(cudnnPoolingStruct** d) { return make(d); }
CUDAEMU_API int cudnnDestroyPoolingDescriptor(cudnnPoolingStruct* d) { return destroy(d); }
CUDAEMU_API int cudnnSetPooling2dDescriptor(cudnnPoolingStruct* d, int mode, int nan, int kernel_h, int kernel_w, int pad_h, int pad_w,
                                            int stride_h, int stride_w) {
  if (d == nullptr || mode < 0 || mode > 3 || nan < 0 || nan > 1) return refuse(kCudnnBadParam, "mode or NaN option");
  if (kernel_h <= 0 || kernel_w <= 0) return refuse(kCudnnBadParam, "windowDimA[i] <= 0");
  if (stride_h <= 0 || stride_w <= 0) return refuse(kCudnnBadParam, "strideA[i] <= 0");
  *d = {true, mode, kernel_h, kernel_w, pad_h, pad_w, stride_h, stride_w};
  return kCudnnSuccess;
}

CUDAEMU_API int cudnnCreateActivationDescriptor(cudnnActivationStruct** d) { return make(d); }
CUDAEMU_API int cudnnDestroyActivationDescriptor(cudnnActivationStruct* d) { return destroy(d); }
CUDAEMU_API int cudnnSetActivationDescriptor(cudnnActivationStruct* d, int mode, int nan, double) {
  if (d == nullptr || mode < 0 || mode > 6 || nan < 0 || nan > 1) return refuse(kCudnnBadParam, "Unsupported activation mode or NaN option");
  if (mode > 2) return refuse(kCudnnNotSupported, "only sigmoid, ReLU and tanh are emulated");
  *d = {true, mode, nan};
  return kCudnnSuccess;
}

CUDAEMU_API int cudnnCreateLRNDescriptor(cudnnLRNStruct** d) { return make(d); }
CUDAEMU_API int cudnnDestroyLRNDescriptor(cudnnLRNStruct* d) { return destroy(d); }
CUDAEMU_API int cudnnSetLRNDescriptor(cudnnLRNStruct* d, unsigned n, double alpha, double beta, double k) {
  if (d == nullptr || n < 1 || n > 16 || beta < 0.01 || k < 1e-5) return refuse(kCudnnBadParam, "n < 1 || n > 16 || beta < 0.01 || k < 1e-5");
  *d = {true, n, alpha, beta, k};
  return kCudnnSuccess;
}

}  // extern "C"
