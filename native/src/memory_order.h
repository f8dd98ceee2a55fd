#pragma once
#include <cstdint>
#include <oneapi/dnnl/dnnl.hpp>

#include "tensor.h"

namespace caffe4j {

/** The ways in which layouts order an array in memory. */
enum class Order {
  PLAIN,          // row-major
  BLOCKED,        // N x ceil(C / block) x spatial axes x block, zeros behind the last channel
  CHANNELS_LAST,  // N x spatial axes x C
};

/** An order, whatever the shape; block is 1 but for BLOCKED. */
struct MemoryOrder {
  Order order = Order::PLAIN;
  int64_t block = 1;

  bool operator==(const MemoryOrder& other) const { return order == other.order && block == other.block; }
  /** The layout of this order for an array of 3 to 5 axes (any number for PLAIN). */
  dnnl::memory::desc layout(const Dims& dims, dnnl::memory::data_type type = dnnl::memory::data_type::f32) const;
};

/** The order that x's newest values are in; PLAIN also for orders not listed here, which then have to be converted. */
MemoryOrder order_of(const Tensor& x);

}  // namespace caffe4j
