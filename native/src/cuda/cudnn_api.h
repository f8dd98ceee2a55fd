#pragma once
// What is used of cuDNN 9, declared by hand, so that its headers are not needed to build; test/declarations compares the two.
#include <cuda_runtime_api.h>

#include <cstddef>

struct cudnnContext;
struct cudnnTensorStruct;
struct cudnnFilterStruct;
struct cudnnConvolutionStruct;
struct cudnnPoolingStruct;
struct cudnnActivationStruct;
struct cudnnLRNStruct;

namespace caffe4j {

/** What a heuristic says of an algorithm of convolution. */
struct CudnnAlgorithm {
  int algorithm, status;
  float time;
  size_t memory;
  int determinism, math;
  int reserved[3];
};

constexpr int kCudnnSuccess = 0, kCudnnHostAllocationFailed = 4003, kCudnnDeviceAllocationFailed = 4004;
/** Statuses of one kind have the same thousands. */
constexpr int kCudnnBadParam = 2000, kCudnnNotSupported = 3000;
constexpr int kCudnnFloat = 0, kCudnnNchw = 0, kCudnnNotPropagateNan = 0, kCudnnPropagateNan = 1, kCudnnDeterministic = 1;
constexpr int kCudnnTensorOpMath = 1, kCudnnTensorOpMathAllowConversion = 2, kCudnnFmaMath = 3;
constexpr int kCudnnCrossCorrelation = 1;
constexpr int kCudnnPoolingAverageCountIncludePadding = 1;
constexpr int kCudnnActivationSigmoid = 0, kCudnnActivationRelu = 1, kCudnnActivationTanh = 2;
constexpr int kCudnnSoftmaxAccurate = 1, kCudnnSoftmaxModeChannel = 1;
constexpr int kCudnnLrnCrossChannelDim1 = 0, kCudnnDivnormPrecomputedMeans = 0;
constexpr int kCudnnLrnMaxN = 16;
constexpr double kCudnnLrnMinK = 1e-5, kCudnnLrnMinBeta = 0.01;

}  // namespace caffe4j

// X(result, name, parameters); int results are a status. The factors before and behind the operands are y = alpha * f(x) + beta * y, in host
// memory; where beta is 0, y is not read.
#define C4J_CUDNN_FUNCTIONS(X) \
  X(const char*, cudnnGetErrorString, (int)) \
  X(void, cudnnGetLastErrorString, (char*, size_t)) \
  X(size_t, cudnnGetVersion, ()) \
  X(int, cudnnCreate, (cudnnContext**)) \
  X(int, cudnnDestroy, (cudnnContext*)) \
  X(int, cudnnSetStream, (cudnnContext*, cudaStream_t)) \
  C4J_CUDNN_DESCRIPTORS(X) \
  C4J_CUDNN_CONVOLUTION(X) \
  C4J_CUDNN_LAYERS(X)

#define C4J_CUDNN_DESCRIPTORS(X) \
  X(int, cudnnCreateTensorDescriptor, (cudnnTensorStruct**)) \
  X(int, cudnnDestroyTensorDescriptor, (cudnnTensorStruct*)) \
  X(int, cudnnSetTensor4dDescriptor, (cudnnTensorStruct*, int format, int type, int n, int c, int h, int w)) \
  X(int, cudnnCreateFilterDescriptor, (cudnnFilterStruct**)) \
  X(int, cudnnDestroyFilterDescriptor, (cudnnFilterStruct*)) \
  X(int, cudnnSetFilter4dDescriptor, (cudnnFilterStruct*, int type, int format, int outputs, int inputs, int h, int w)) \
  X(int, cudnnCreateConvolutionDescriptor, (cudnnConvolutionStruct**)) \
  X(int, cudnnDestroyConvolutionDescriptor, (cudnnConvolutionStruct*)) \
  X(int, cudnnSetConvolution2dDescriptor, \
    (cudnnConvolutionStruct*, int pad_h, int pad_w, int stride_h, int stride_w, int dilation_h, int dilation_w, int mode, int type)) \
  X(int, cudnnSetConvolutionGroupCount, (cudnnConvolutionStruct*, int)) \
  X(int, cudnnSetConvolutionMathType, (cudnnConvolutionStruct*, int)) \
  X(int, cudnnCreatePoolingDescriptor, (cudnnPoolingStruct**)) \
  X(int, cudnnDestroyPoolingDescriptor, (cudnnPoolingStruct*)) \
  X(int, cudnnSetPooling2dDescriptor, \
    (cudnnPoolingStruct*, int mode, int nan, int kernel_h, int kernel_w, int pad_h, int pad_w, int stride_h, int stride_w)) \
  X(int, cudnnCreateActivationDescriptor, (cudnnActivationStruct**)) \
  X(int, cudnnDestroyActivationDescriptor, (cudnnActivationStruct*)) \
  X(int, cudnnSetActivationDescriptor, (cudnnActivationStruct*, int mode, int nan, double)) \
  X(int, cudnnCreateLRNDescriptor, (cudnnLRNStruct**)) \
  X(int, cudnnDestroyLRNDescriptor, (cudnnLRNStruct*)) \
  X(int, cudnnSetLRNDescriptor, (cudnnLRNStruct*, unsigned n, double alpha, double beta, double k))

#define C4J_CUDNN_CONVOLUTION(X) \
  X(int, cudnnGetConvolutionForwardAlgorithm_v7, \
    (cudnnContext*, cudnnTensorStruct* x, cudnnFilterStruct*, cudnnConvolutionStruct*, cudnnTensorStruct* y, int, int*, \
     caffe4j::CudnnAlgorithm*)) \
  X(int, cudnnGetConvolutionBackwardDataAlgorithm_v7, \
    (cudnnContext*, cudnnFilterStruct*, cudnnTensorStruct* dy, cudnnConvolutionStruct*, cudnnTensorStruct* dx, int, int*, \
     caffe4j::CudnnAlgorithm*)) \
  X(int, cudnnGetConvolutionBackwardFilterAlgorithm_v7, \
    (cudnnContext*, cudnnTensorStruct* x, cudnnTensorStruct* dy, cudnnConvolutionStruct*, cudnnFilterStruct*, int, int*, \
     caffe4j::CudnnAlgorithm*)) \
  X(int, cudnnGetConvolutionForwardWorkspaceSize, \
    (cudnnContext*, cudnnTensorStruct* x, cudnnFilterStruct*, cudnnConvolutionStruct*, cudnnTensorStruct* y, int algorithm, size_t*)) \
  X(int, cudnnGetConvolutionBackwardDataWorkspaceSize, \
    (cudnnContext*, cudnnFilterStruct*, cudnnTensorStruct* dy, cudnnConvolutionStruct*, cudnnTensorStruct* dx, int algorithm, size_t*)) \
  X(int, cudnnGetConvolutionBackwardFilterWorkspaceSize, \
    (cudnnContext*, cudnnTensorStruct* x, cudnnTensorStruct* dy, cudnnConvolutionStruct*, cudnnFilterStruct*, int algorithm, size_t*)) \
  X(int, cudnnConvolutionForward, \
    (cudnnContext*, const void* alpha, cudnnTensorStruct*, const void* x, cudnnFilterStruct*, const void* w, cudnnConvolutionStruct*, \
     int algorithm, void* workspace, size_t, const void* beta, cudnnTensorStruct*, void* y)) \
  X(int, cudnnConvolutionBiasActivationForward, \
    (cudnnContext*, const void* alpha, cudnnTensorStruct*, const void* x, cudnnFilterStruct*, const void* w, cudnnConvolutionStruct*, \
     int algorithm, void* workspace, size_t, const void* summand_factor, cudnnTensorStruct*, const void* z, cudnnTensorStruct*, const void* bias, \
     cudnnActivationStruct*, cudnnTensorStruct*, void* y)) \
  X(int, cudnnConvolutionBackwardData, \
    (cudnnContext*, const void* alpha, cudnnFilterStruct*, const void* w, cudnnTensorStruct*, const void* dy, cudnnConvolutionStruct*, \
     int algorithm, void* workspace, size_t, const void* beta, cudnnTensorStruct*, void* dx)) \
  X(int, cudnnConvolutionBackwardFilter, \
    (cudnnContext*, const void* alpha, cudnnTensorStruct*, const void* x, cudnnTensorStruct*, const void* dy, cudnnConvolutionStruct*, \
     int algorithm, void* workspace, size_t, const void* beta, cudnnFilterStruct*, void* dw))

#define C4J_CUDNN_LAYERS(X) \
  X(int, cudnnPoolingForward, \
    (cudnnContext*, cudnnPoolingStruct*, const void* alpha, cudnnTensorStruct*, const void* x, const void* beta, cudnnTensorStruct*, void* y)) \
  X(int, cudnnPoolingBackward, \
    (cudnnContext*, cudnnPoolingStruct*, const void* alpha, cudnnTensorStruct*, const void* y, cudnnTensorStruct*, const void* dy, \
     cudnnTensorStruct*, const void* x, const void* beta, cudnnTensorStruct*, void* dx)) \
  X(int, cudnnActivationForward, \
    (cudnnContext*, cudnnActivationStruct*, const void* alpha, cudnnTensorStruct*, const void* x, const void* beta, cudnnTensorStruct*, void* y)) \
  X(int, cudnnActivationBackward, \
    (cudnnContext*, cudnnActivationStruct*, const void* alpha, cudnnTensorStruct*, const void* y, cudnnTensorStruct*, const void* dy, \
     cudnnTensorStruct*, const void* x, const void* beta, cudnnTensorStruct*, void* dx)) \
  X(int, cudnnSoftmaxForward, \
    (cudnnContext*, int algorithm, int mode, const void* alpha, cudnnTensorStruct*, const void* x, const void* beta, cudnnTensorStruct*, \
     void* y)) \
  X(int, cudnnSoftmaxBackward, \
    (cudnnContext*, int algorithm, int mode, const void* alpha, cudnnTensorStruct*, const void* y, cudnnTensorStruct*, const void* dy, \
     const void* beta, cudnnTensorStruct*, void* dx)) \
  X(int, cudnnLRNCrossChannelForward, \
    (cudnnContext*, cudnnLRNStruct*, int mode, const void* alpha, cudnnTensorStruct*, const void* x, const void* beta, cudnnTensorStruct*, \
     void* y)) \
  X(int, cudnnLRNCrossChannelBackward, \
    (cudnnContext*, cudnnLRNStruct*, int mode, const void* alpha, cudnnTensorStruct*, const void* y, cudnnTensorStruct*, const void* dy, \
     cudnnTensorStruct*, const void* x, const void* beta, cudnnTensorStruct*, void* dx)) \
  X(int, cudnnDivisiveNormalizationForward, \
    (cudnnContext*, cudnnLRNStruct*, int mode, const void* alpha, cudnnTensorStruct*, const void* x, const void* means, void* first, \
     void* second, const void* beta, cudnnTensorStruct*, void* y)) \
  X(int, cudnnDivisiveNormalizationBackward, \
    (cudnnContext*, cudnnLRNStruct*, int mode, const void* alpha, cudnnTensorStruct*, const void* x, const void* means, const void* dy, \
     void* first, void* second, const void* beta, cudnnTensorStruct*, void* dx, void* means_diff))
