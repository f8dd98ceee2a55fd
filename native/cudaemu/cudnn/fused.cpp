// Convolution with bias, summand and ReLU of the emulated cuDNN. Groups are refused, so that callers must be able to do without.
#include <algorithm>
#include <vector>

#include "cudnn.h"

using namespace cudaemu;

extern "C" {

int cudnnGetConvolutionForwardWorkspaceSize(cudnnContext*, cudnnTensorStruct*, cudnnFilterStruct*, cudnnConvolutionStruct*, cudnnTensorStruct*, int,
                                            size_t*);
int cudnnConvolutionForward(cudnnContext*, const void*, cudnnTensorStruct*, const void*, cudnnFilterStruct*, const void*, cudnnConvolutionStruct*,
                            int, void*, size_t, const void*, cudnnTensorStruct*, void*);

CUDAEMU_API int cudnnConvolutionBiasActivationForward(cudnnContext* handle, const void* alpha, cudnnTensorStruct* x_desc, const void* x,
                                                      cudnnFilterStruct* w_desc, const void* w, cudnnConvolutionStruct* c, int algorithm,
                                                      void* workspace, size_t bytes, const void* summand_factor, cudnnTensorStruct* z_desc,
                                                      const void* z, cudnnTensorStruct* bias_desc, const void* bias,
                                                      cudnnActivationStruct* activation, cudnnTensorStruct* y_desc, void* y) {
  size_t needed = 0;
  const int status = cudnnGetConvolutionForwardWorkspaceSize(handle, x_desc, w_desc, c, y_desc, algorithm, &needed);
  if (status != kCudnnSuccess) return status;
  if (alpha == nullptr || summand_factor == nullptr) return refuse(kCudnnBadParam, "a factor is NULL");
  if (z_desc == nullptr || !(*z_desc == *y_desc)) return refuse(kCudnnBadParam, "the summand has other dimensions than the output");
  if (bias_desc == nullptr || !bias_desc->set || bias_desc->n != 1 || bias_desc->c != y_desc->c || bias_desc->h != 1 || bias_desc->w != 1) {
    return refuse(kCudnnBadParam, "the bias is not 1 x C x 1 x 1");
  }
  if (activation == nullptr || !activation->set) return refuse(kCudnnBadParam, "the activation was not set");
  if (activation->mode != 1) return refuse(kCudnnNotSupported, "only ReLU is emulated behind a convolution");
  if (activation->nan != 0) return refuse(kCudnnNotSupported, "reluNanOpt must be CUDNN_NOT_PROPAGATE_NAN");
  if (x == y || x == z) return refuse(kCudnnBadParam, "the input is the output or the summand");
  if (c->group > 1) return refuse(kCudnnNotSupported, "no fused algorithm for groups");
  if (bytes < needed) return refuse(kCudnnBadParam, "the workspace is too small");

  const int64_t count = y_desc->count(), plane = y_desc->plane(), channels = y_desc->c;
  const float factor = *static_cast<const float*>(summand_factor);
  float* to = static_cast<float*>(y);
  int result = compute(handle, {{z, count}, {bias, channels}, {y, count}}, [=] {
    for (int64_t i = 0; i < count; ++i) {
      const float summand = factor == 0 ? 0 : factor * static_cast<const float*>(z)[i];  // which is not read for a factor of 0
      to[i] = static_cast<const float*>(bias)[i / plane % channels] + summand;
    }
  });
  constexpr float kOne = 1;
  if (result == kCudnnSuccess) {
    result = cudnnConvolutionForward(handle, alpha, x_desc, x, w_desc, w, c, algorithm, workspace, bytes, &kOne, y_desc, y);
  }
  if (result != kCudnnSuccess) return result;
  return compute(handle, {{y, count}}, [=] {
    for (int64_t i = 0; i < count; ++i) to[i] = to[i] > 0 ? to[i] : 0;
  });
}

}  // extern "C"
