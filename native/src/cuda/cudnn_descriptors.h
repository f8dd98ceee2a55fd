#pragma once
// cuDNN's functions, its errors, and its descriptors as objects.
#include <cstdint>
#include <initializer_list>

#include "cuda/cudnn_api.h"
#include "cuda/libraries.h"

namespace caffe4j {

struct CudnnFunctions {
  const DynamicLibrary& library = cudnn();
  C4J_CUDNN_FUNCTIONS(C4J_FUNCTION)

  bool complete() const { return library.is_open() C4J_CUDNN_FUNCTIONS(C4J_AND_FOUND); }
};

const CudnnFunctions& cudnn_functions();

/** Throws DEVICE, or DEVICE_MEMORY where memory ran out, unless a call of cuDNN succeeded; `what` says what was being done. */
void require_cudnn(int status, const char* what);

/** True where cuDNN can address arrays of these dimensions: it counts in 32 bits, and knows no empty ones. */
bool fits_cudnn(std::initializer_list<int64_t> dims);

/** A descriptor that two of cuDNN's functions make and destroy. */
template <class T, int (*CudnnFunctions::*kCreate)(T**), int (*CudnnFunctions::*kDestroy)(T*)>
class CudnnDescriptor {
 public:
  CudnnDescriptor() { require_cudnn((cudnn_functions().*kCreate)(&descriptor_), "making a descriptor of cuDNN"); }
  ~CudnnDescriptor() { (cudnn_functions().*kDestroy)(descriptor_); }
  CudnnDescriptor(const CudnnDescriptor&) = delete;
  CudnnDescriptor& operator=(const CudnnDescriptor&) = delete;
  operator T*() const { return descriptor_; }

 private:
  T* descriptor_ = nullptr;
};

using CudnnFilter = CudnnDescriptor<cudnnFilterStruct, &CudnnFunctions::cudnnCreateFilterDescriptor, &CudnnFunctions::cudnnDestroyFilterDescriptor>;
using CudnnConvolutionDescriptor = CudnnDescriptor<cudnnConvolutionStruct, &CudnnFunctions::cudnnCreateConvolutionDescriptor,
                                                   &CudnnFunctions::cudnnDestroyConvolutionDescriptor>;
using CudnnPoolingDescriptor =
    CudnnDescriptor<cudnnPoolingStruct, &CudnnFunctions::cudnnCreatePoolingDescriptor, &CudnnFunctions::cudnnDestroyPoolingDescriptor>;
using CudnnActivationDescriptor =
    CudnnDescriptor<cudnnActivationStruct, &CudnnFunctions::cudnnCreateActivationDescriptor, &CudnnFunctions::cudnnDestroyActivationDescriptor>;
using CudnnLrnDescriptor = CudnnDescriptor<cudnnLRNStruct, &CudnnFunctions::cudnnCreateLRNDescriptor, &CudnnFunctions::cudnnDestroyLRNDescriptor>;

/** A row-major array of floats, of dimensions that fit. */
class CudnnTensor : public CudnnDescriptor<cudnnTensorStruct, &CudnnFunctions::cudnnCreateTensorDescriptor,
                                           &CudnnFunctions::cudnnDestroyTensorDescriptor> {
 public:
  CudnnTensor(int64_t n, int64_t c, int64_t h, int64_t w);
};

}  // namespace caffe4j
