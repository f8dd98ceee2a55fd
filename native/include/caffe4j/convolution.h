#pragma once
#include "caffe4j/engine.h"
#include "caffe4j/epilogue.h"
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * One convolution's geometry, and what is prepared for it: primitives by input shape, packed weights by weight version. Arrays are
 * N x C x spatial axes; a blob may have any number of leading axes, whose product is N.
 */
class Convolution;

/**
 * @param engine one of Engine: fast kernels of oneDNN, or of cuDNN on a GPU, where there are any for the shape, else im2col and matrix
 *     products; on the CPU also for a few products of a few channels
 * @param channels channels of the input, a multiple of group
 * @param num_output channels of the output, a multiple of group
 * @param kernel, stride, pad, dilation arrays of `axes` numbers, one a spatial axis; 0 axes make a convolution over points
 * @param inference true where only forward runs, on weights that seldom change
 */
C4J_API Convolution* convolution_create(Context* context, int engine, int64_t channels, int64_t num_output, int64_t group,
                                        const int64_t* kernel, const int64_t* stride, const int64_t* pad, const int64_t* dilation,
                                        int axes, bool inference);
C4J_API void convolution_destroy(Convolution* convolution);

/** True for a window with which one of oneDNN's kernels reads memory that is not there: not for plans, which have no others. */
C4J_API bool convolution_overruns(const Convolution* convolution);

/** top = bottom * weight + bias; weight [num_output, channels/group, kernel...], bias [num_output] or null. Shapes are set before. */
C4J_API void convolution_forward(Convolution* convolution, Tensor* bottom, Tensor* weight, Tensor* bias, Tensor* top);
/** What the epilogue makes of that, for a bottom with channels as axis 1: in one kernel where there is such a one, else in one pass behind. */
C4J_API void convolution_forward_fused(Convolution* convolution, Tensor* bottom, Tensor* weight, Tensor* bias, const Epilogue* epilogue,
                                       Tensor* top);
/** bottom_diff = gradient by the input. With a bias (deconvolution's forward) it is added per channel of bottom_diff. */
C4J_API void convolution_backward_data(Convolution* convolution, Tensor* top_diff, Tensor* weight, Tensor* bias, Tensor* bottom_diff);
/** Adds the gradients by weight and bias to weight_diff and bias_diff; either may be null. */
C4J_API void convolution_backward_weight(Convolution* convolution, Tensor* bottom, Tensor* top_diff, Tensor* weight_diff,
                                         Tensor* bias_diff);

/** Which kernel computed the last forward, as oneDNN names it, "cudnn:" and an algorithm's number, or "im2col". */
C4J_API const char* convolution_implementation(const Convolution* convolution);

/**
 * Unrolls patches: top is N x (C * kernel points) x output positions, kernel offsets fastest within a channel; the matrix that
 * im2col-based convolution multiplies with.
 */
C4J_API void im2col_forward(Tensor* bottom, Tensor* top, const int64_t* kernel, const int64_t* stride, const int64_t* pad,
                            const int64_t* dilation, int axes);
/** bottom_diff = for every input value the sum of the diffs of its copies. */
C4J_API void im2col_backward(Tensor* top_diff, Tensor* bottom_diff, const int64_t* kernel, const int64_t* stride, const int64_t* pad,
                             const int64_t* dilation, int axes);

}  // namespace caffe4j
