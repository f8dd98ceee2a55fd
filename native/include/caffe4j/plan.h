#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/**
 * Weights that no longer change, each held once: as they came, or packed for the kernels of the plans that use them. Handles of one set
 * may be shared by plans of several contexts and threads.
 */
class FrozenWeights;

C4J_API FrozenWeights* frozen_weights_create();
/** Another handle of the same weights; they live until the last handle and the last plan over them are gone. */
C4J_API FrozenWeights* frozen_weights_share(const FrozenWeights* weights);
C4J_API void frozen_weights_destroy(FrozenWeights* weights);
/** Takes the values of a tensor without a copy and returns their number; the caller gives the tensor up (tensor_release). */
C4J_API int frozen_weights_add(FrozenWeights* weights, Tensor* values);
/** Bytes of host memory that the weights take. */
C4J_API int64_t frozen_weights_bytes(const FrozenWeights* weights);

/**
 * A piece of a net for inference on inputs of fixed shapes: operations over numbered values, compiled to primitives in one family of
 * layouts with one arena for all values, and run in one call. Values between operations cannot be read.
 *
 * Made in this order: inputs and operations (each returns the number of the value that it makes; a fuse function changes the operation
 * added last), outputs, compile. Tensors belong to the caller and outlive the plan. `name` of an operation appears in errors.
 */
class Plan;

/** The activation functions are those of elementwise.h, and this one: x for x > 0, a * x elsewhere. */
enum PlanFunction { PLAN_RELU = 0 };
enum PlanCombination { PLAN_SUM = 0, PLAN_PRODUCT = 1, PLAN_MAX = 2 };

/**
 * The type of weights and of values between operations. Inputs, outputs, biases, softmax and what comes behind the last convolution or inner
 * product are float always.
 *
 * PLAN_INT8: convolutions and inner products multiply integers of 8 bits and sum up integers of 32. A weight is round(w / s) with
 * s = max|w| / 127 over its output channel. A value x with a range r (plan_set_range) is round(x / s), halves to the even one, cut off at the
 * ends: without a sign, s = r / 255, where what makes it leaves nothing below 0 (a ReLU), else with one, s = r / 127. Values that are pooled
 * (MAX), concatenated or viewed on their way from one multiplication to the next stay integers, and share the largest of their ranges. What
 * else is computed, and what has no range or no kernel for integers, is float.
 */
enum PlanPrecision { PLAN_F32 = 0, PLAN_BF16 = 1, PLAN_INT8 = 2 };
/** True if the processor has instructions for the precision, so that it is quicker than float. */
C4J_API bool plan_precision_is_fast(int precision);

/** `precision` is of PlanPrecision; one other than PLAN_F32 throws UNSUPPORTED where plan_precision_is_fast says no. */
C4J_API Plan* plan_create(Context* context, const FrozenWeights* weights, int precision);
C4J_API void plan_destroy(Plan* plan);

/** A value that is read from a tensor at each forward, of the shape that the tensor has now. */
C4J_API int plan_input(Plan* plan, Tensor* tensor);

/** As convolution_create and convolution_forward; bias is the number of a weight, or -1 for none. `axes` is 1 to 3. */
C4J_API int plan_convolution(Plan* plan, const char* name, int input, int weight, int bias, int64_t num_output, int64_t group,
                             const int64_t* kernel, const int64_t* stride, const int64_t* pad, const int64_t* dilation, int axes);
/** The transposed convolution; weight [channels, num_output/group, kernel...]. */
C4J_API int plan_deconvolution(Plan* plan, const char* name, int input, int weight, int bias, int64_t num_output, int64_t group,
                               const int64_t* kernel, const int64_t* stride, const int64_t* pad, const int64_t* dilation, int axes);
/** [N, K...] to [N, outputs]; weight [outputs, K], or [K, outputs] where `transposed`. */
C4J_API int plan_inner_product(Plan* plan, const char* name, int input, int weight, int bias, int64_t outputs, bool transposed);
/** MAX or AVE pooling (pooling.h) to out_h x out_w windows. */
C4J_API int plan_pooling(Plan* plan, const char* name, int input, int method, int64_t kernel_h, int64_t kernel_w, int64_t stride_h,
                         int64_t stride_w, int64_t pad_h, int64_t pad_w, int64_t out_h, int64_t out_w);
/** Local response normalization over a region of lrn.h. */
C4J_API int plan_lrn(Plan* plan, const char* name, int input, int region, int64_t size, float alpha, float beta, float k);
C4J_API int plan_softmax(Plan* plan, const char* name, int input, int axis);
C4J_API int plan_concat(Plan* plan, const char* name, const int* inputs, int count, int axis);
/** The part of the input that begins at `begin`, one number an axis, and has the shape `dims`. */
C4J_API int plan_slice(Plan* plan, const char* name, int input, const int64_t* begin, const int64_t* dims, int axes);
/** Inputs of one shape combined element by element; a coefficient each for PLAN_SUM, or null. */
C4J_API int plan_eltwise(Plan* plan, const char* name, int combination, const int* inputs, int count, const float* coeff);
/**
 * The input combined (PLAN_SUM or PLAN_PRODUCT) with a value whose shape is that of the input's axes from `axis` on, repeated over the others.
 * The weight `shift`, of that shape, is added then; -1 for none.
 */
C4J_API int plan_broadcast(Plan* plan, const char* name, int combination, int input, int operand, int axis, int shift);
/** The same with a weight of shape `dims`. */
C4J_API int plan_broadcast_weight(Plan* plan, const char* name, int combination, int input, int weight, const int64_t* dims, int axes, int axis,
                                  int shift);
/** The axes from `axis` on become one value: coeff * their reduction, as reduction_forward. */
C4J_API int plan_reduction(Plan* plan, const char* name, int input, int operation, int axis, float coeff);
/** The input repeated `tiles` times along an axis. */
C4J_API int plan_tile(Plan* plan, const char* name, int input, int axis, int64_t tiles);
/** As argmax_forward, along `axis`, or -1 for all axes but the first as one; the result has the shape `dims`. */
C4J_API int plan_argmax(Plan* plan, const char* name, int input, int axis, int64_t top_k, bool indices, bool values, const int64_t* dims, int axes);
/** As mvn_forward, of each channel of each image, or of each image; at most 4 axes. */
C4J_API int plan_mvn(Plan* plan, const char* name, int input, bool across_channels, bool normalize_variance, float eps);
/** A constant (ELEMENTWISE_POWER with a * b = 0) and ELEMENTWISE_THRESHOLD throw UNSUPPORTED. */
C4J_API int plan_activation(Plan* plan, const char* name, int input, int function, float a, float b, float c);
/** A slope for each channel (axis 1), or one for all. */
C4J_API int plan_prelu(Plan* plan, const char* name, int input, int slope);
/** scale * x + shift for each channel (axis 1). */
C4J_API int plan_affine(Plan* plan, const char* name, int input, int scale, int shift);
/** The input's values seen with another shape. */
C4J_API int plan_view(Plan* plan, const char* name, int input, const int64_t* dims, int axes);

/** The operation added last applies this to its result. */
C4J_API void plan_fuse_activation(Plan* plan, int function, float a, float b, float c);
C4J_API void plan_fuse_prelu(Plan* plan, int slope);
/** The operation added last adds factor * value, of its result's shape. */
C4J_API void plan_fuse_sum(Plan* plan, int value, float factor);

/** Writes a value to a tensor of its shape at each forward. */
C4J_API void plan_output(Plan* plan, int value, Tensor* tensor);
/**
 * Where a plan computes convolutions 3x3 of stride 1, dilation 1 and one group, but those of integers, by Winograd's algorithm, F(4x4, 3x3):
 * nowhere, where that is expected to be quicker (the default), or wherever it can.
 */
enum PlanWinograd { PLAN_WINOGRAD_NEVER = 0, PLAN_WINOGRAD_AUTO = 1, PLAN_WINOGRAD_ALWAYS = 2 };
/** `where` is of PlanWinograd. */
C4J_API void plan_set_winograd(Plan* plan, int where);
/** The largest absolute value that a value has as integers, in a plan of PLAN_INT8; 0, or none: the value stays float. */
C4J_API void plan_set_range(Plan* plan, int value, float range);
/**
 * Before plan_compile: names a plan of the same weights, which does not run meanwhile and has to live until this one is compiled. Where it
 * holds a weight that this one has packed otherwise, it gives up all that it has, so that no weight exists twice: see plan_is_outdated.
 */
C4J_API void plan_take_from(Plan* plan, Plan* other);
/**
 * True if a plan gave up, or if a weight that it holds was packed anew for another one since it was compiled: it is to be made again, which
 * lets it use the weight as that one does.
 */
C4J_API bool plan_is_outdated(Plan* plan);
/**
 * True where oneDNN has quick kernels for everything that a plan computes: on x86-64. Elsewhere those for plan_broadcast and for powers are its
 * reference, and its logarithm for ARM leaves out the last values of an array: such layers are better off by themselves.
 */
C4J_API bool plan_has_all_kernels();
/** Makes the primitives, packs the weights and lays out the arena. Throws UNSUPPORTED where an operation has no kernel. */
C4J_API void plan_compile(Plan* plan);

/** Runs everything. `nanos` receives the time of each step, or is null. */
C4J_API void plan_forward(Plan* plan, int64_t* nanos);

/**
 * Runs everything, in a plan of PLAN_INT8 without ranges, which computes in float, and counts how often absolute values of which size occur in each value, for plan_range. Throws DATA
 * where something is not finite.
 */
C4J_API void plan_observe(Plan* plan);
/** The range of a value that as integers has the least mean squared error over all that plan_observe saw; 0 where that was zeros only. */
C4J_API float plan_range(const Plan* plan, int value);

/** Primitives and loops that forward runs, conversions between layouts included. */
C4J_API int plan_steps(const Plan* plan);
/** The operation that a step belongs to, counted in the order in which they were added. */
C4J_API int plan_step_operation(const Plan* plan, int step);
/** The kernel of a step, as oneDNN names it, "reorder ...", or the name of a loop of our own. */
C4J_API const char* plan_step_kernel(const Plan* plan, int step);
/** The PlanPrecision of what a step reads. */
C4J_API int plan_step_precision(const Plan* plan, int step);
/** Conversions between layouts in one forward. */
C4J_API int plan_reorders(const Plan* plan);
/** Bytes of the arena. */
C4J_API int64_t plan_arena_bytes(const Plan* plan);

}  // namespace caffe4j
