#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

/** Divides numbers below 2^31 by one that is known when a kernel starts, without the steps of a division. */
struct Divisor {
  int64_t by;
  uint64_t factor;  // below 2^32
  int64_t shift;

  static constexpr int64_t kMost = int64_t(1) << 31;  // what is divided is smaller, and the divisor no larger

  explicit Divisor(int64_t divisor) : by(divisor), shift(31) {
    while (int64_t(1) << (shift - 31) < divisor) ++shift;
    factor = ((uint64_t(1) << shift) + uint64_t(by) - 1) / uint64_t(by);
  }
  C4J_KERNEL uint32_t quotient(uint32_t n) const { return uint32_t(uint64_t(n) * uint32_t(factor) >> shift); }
  C4J_KERNEL uint32_t rest(uint32_t n) const { return n - quotient(n) * uint32_t(by); }
};

}  // namespace caffe4j
