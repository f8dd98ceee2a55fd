#pragma once
#include "context.h"
#include "memory_order.h"
#include "tensor.h"

namespace caffe4j {

/** Where a box of an array begins, one number an axis. */
using Offset = Dims;

/**
 * Copies the box `extent` that begins at from_offset in `from` to to_offset in `to`, two arrays of equal rank where the
 * context computes that are both in `order` (row-major on a GPU; and may be one memory if the boxes do not overlap). A channel offset or extent that splits a block is refused with INTERNAL: see
 * keeps_blocks.
 */
void copy_box(const Context& context, const MemoryOrder& order, const float* from, const Dims& from_dims, const Offset& from_offset,
              float* to, const Dims& to_dims, const Offset& to_offset, const Dims& extent);

/** True if a boundary at this channel does not split a block of the order. */
inline bool keeps_blocks(const MemoryOrder& order, int64_t channel) { return channel % order.block == 0; }

}  // namespace caffe4j
