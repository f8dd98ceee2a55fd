#pragma once
#include "caffe4j/context.h"

namespace caffe4j {

/**
 * One array of floats with its shape. It knows where its newest values are: in plain host memory (row-major, last axis fastest) or in
 * a blocked layout of oneDNN; whoever reads asks for the form that it needs and the tensor converts once and remembers.
 * Memory is allocated on first touch and reads as zeros then.
 */
class Tensor;
/** Keeps the plain memory of a tensor alive after the tensor is gone or has been reallocated. */
class BufferRef;

/** An empty tensor (count 0). It keeps the context alive. */
C4J_API Tensor* tensor_create(Context* context);
C4J_API void tensor_destroy(Tensor* tensor);

/** Sets the shape. Values stay (re-read flat) while the count fits what is allocated; a larger count reads as zeros. No axes = scalar. */
C4J_API void tensor_reshape(Tensor* tensor, const int64_t* dims, int axes);
C4J_API int64_t tensor_count(const Tensor* tensor);

/** From now on `tensor` has the values of `source`, both ways. Counts must be equal, shapes need not. Sharing with itself is allowed. */
C4J_API void tensor_share(Tensor* tensor, Tensor* source);
/** True when both tensors have the same values because one shares the other's. */
C4J_API bool tensor_is_shared(const Tensor* tensor, const Tensor* other);

/** Plain values to read. Valid until the tensor is next changed, reshaped or destroyed; tensor_retain makes it outlive the latter two. */
C4J_API const float* tensor_read(Tensor* tensor);
/** Plain values to read and write; they become the newest. */
C4J_API float* tensor_update(Tensor* tensor);
/** As tensor_update, but old values need not be brought up to date: the caller writes every element. */
C4J_API float* tensor_overwrite(Tensor* tensor);
/** A reference to the plain memory that tensor_read and the others return now; give it to buffer_release. */
C4J_API BufferRef* tensor_retain(Tensor* tensor);
C4J_API void buffer_release(BufferRef* buffer);

/** Copies `count` plain values from or to an array of the caller, starting at element `offset`. Out of range throws INVALID. */
C4J_API void tensor_put(Tensor* tensor, int64_t offset, const float* values, int64_t count);
C4J_API void tensor_get(Tensor* tensor, int64_t offset, float* values, int64_t count);

C4J_API void tensor_fill(Tensor* tensor, float value);
/** Sum of absolute values, and of squares, accumulated in double. */
C4J_API double tensor_asum(Tensor* tensor);
C4J_API double tensor_sumsq(Tensor* tensor);
/** Inner product, accumulated in double; counts must be equal. */
C4J_API double tensor_dot(Tensor* a, Tensor* b);
/** x = factor * x. */
C4J_API void tensor_scale(Tensor* tensor, float factor);
/** y = alpha * x + y. */
C4J_API void tensor_axpy(float alpha, Tensor* x, Tensor* y);
/** Copies values between tensors of equal count. */
C4J_API void tensor_copy(Tensor* source, Tensor* destination);
/** Exchanges the values of two tensors of equal shape, for all that share them; nothing is copied. */
C4J_API void tensor_swap(Tensor* a, Tensor* b);

/** Gives the values up: their memory is freed unless another tensor or buffer shares it, and the tensor reads as zeros. */
C4J_API void tensor_release(Tensor* tensor);

/**
 * Gives tensors of one context on a GPU places in one array, where those share memory that are in use at different times: tensors[i] from step
 * first[i] to step last[i], both included. within[i] is -1, or says in which of the other tensors it lies, from that one's element offset[i]
 * on. Returns the bytes of the array, which lives as long as one of the tensors keeps its place. Values are undefined until they are written.
 */
C4J_API int64_t tensors_place(Tensor** tensors, const int* first, const int* last, const int* within, const int64_t* offset, int count);

/** Bytes of host memory allocated for this tensor's values in all forms (shared memory counts for every sharer). */
C4J_API int64_t tensor_bytes(const Tensor* tensor);
/** True when the newest values are in a blocked layout only, so that the next plain read converts. */
C4J_API bool tensor_is_blocked(const Tensor* tensor);

}  // namespace caffe4j
