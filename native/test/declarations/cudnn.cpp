// Our declarations of cuDNN against its headers, where they are of the release that is opened.
#include <cudnn.h>

#if CUDNN_MAJOR == 9

#include "cuda/cudnn_api.h"
#include "same_call.h"

namespace caffe4j {

/** The algorithms of the three directions are described by structures of one form. */
template <class Real>
constexpr bool same_algorithm() {
  return sizeof(Real) == sizeof(CudnnAlgorithm) && offsetof(Real, algo) == offsetof(CudnnAlgorithm, algorithm) &&
         offsetof(Real, status) == offsetof(CudnnAlgorithm, status) && offsetof(Real, time) == offsetof(CudnnAlgorithm, time) &&
         offsetof(Real, memory) == offsetof(CudnnAlgorithm, memory) && offsetof(Real, determinism) == offsetof(CudnnAlgorithm, determinism) &&
         offsetof(Real, mathType) == offsetof(CudnnAlgorithm, math);
}
template <>
constexpr bool same_value<CudnnAlgorithm, cudnnConvolutionFwdAlgoPerf_t>() {
  return same_algorithm<cudnnConvolutionFwdAlgoPerf_t>();
}
template <>
constexpr bool same_value<CudnnAlgorithm, cudnnConvolutionBwdDataAlgoPerf_t>() {
  return same_algorithm<cudnnConvolutionBwdDataAlgoPerf_t>();
}
template <>
constexpr bool same_value<CudnnAlgorithm, cudnnConvolutionBwdFilterAlgoPerf_t>() {
  return same_algorithm<cudnnConvolutionBwdFilterAlgoPerf_t>();
}

static_assert(kCudnnSuccess == CUDNN_STATUS_SUCCESS && kCudnnBadParam == CUDNN_STATUS_BAD_PARAM);
static_assert(kCudnnNotSupported == CUDNN_STATUS_NOT_SUPPORTED && CUDNN_STATUS_CATEGORY(CUDNN_STATUS_NOT_SUPPORTED_LAYOUT) == kCudnnNotSupported);
static_assert(kCudnnHostAllocationFailed == CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED);
static_assert(kCudnnDeviceAllocationFailed == CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED);
static_assert(kCudnnFloat == CUDNN_DATA_FLOAT && kCudnnNchw == CUDNN_TENSOR_NCHW);
static_assert(kCudnnPropagateNan == CUDNN_PROPAGATE_NAN && kCudnnNotPropagateNan == CUDNN_NOT_PROPAGATE_NAN && kCudnnDeterministic == CUDNN_DETERMINISTIC);
static_assert(kCudnnTensorOpMath == CUDNN_TENSOR_OP_MATH && kCudnnTensorOpMathAllowConversion == CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION);
static_assert(kCudnnFmaMath == CUDNN_FMA_MATH && kCudnnCrossCorrelation == CUDNN_CROSS_CORRELATION);
static_assert(kCudnnPoolingAverageCountIncludePadding == CUDNN_POOLING_AVERAGE_COUNT_INCLUDE_PADDING);
static_assert(kCudnnActivationSigmoid == CUDNN_ACTIVATION_SIGMOID && kCudnnActivationRelu == CUDNN_ACTIVATION_RELU);
static_assert(kCudnnActivationTanh == CUDNN_ACTIVATION_TANH);
static_assert(kCudnnSoftmaxAccurate == CUDNN_SOFTMAX_ACCURATE && kCudnnSoftmaxModeChannel == CUDNN_SOFTMAX_MODE_CHANNEL);
static_assert(kCudnnLrnCrossChannelDim1 == CUDNN_LRN_CROSS_CHANNEL_DIM1 && kCudnnDivnormPrecomputedMeans == CUDNN_DIVNORM_PRECOMPUTED_MEANS);
static_assert(kCudnnLrnMaxN == CUDNN_LRN_MAX_N && kCudnnLrnMinK == CUDNN_LRN_MIN_K && kCudnnLrnMinBeta == CUDNN_LRN_MIN_BETA);

}  // namespace caffe4j

C4J_CUDNN_FUNCTIONS(C4J_CHECK_CALL)

#endif
