#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

// `whole` is made of `count` parts that follow each other along `axis`; on all other axes they have its size.

/** Copies the parts into the whole. */
C4J_API void concat(Tensor** parts, int count, Tensor* whole, int axis);
/** Copies the whole into its parts; `wanted` says which parts are written, null means all. */
C4J_API void slice(Tensor* whole, Tensor** parts, int count, const bool* wanted, int axis);

}  // namespace caffe4j
