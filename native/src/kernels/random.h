#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

/**
 * Random numbers by position: the same seed and index always give the same 32 bits, so that any number of threads, in any order, draw
 * one stream. Two rounds of a 32-bit integer mixer (multiply, xor-shift), keyed by the halves of the seed.
 */
struct CounterRandom {
  uint32_t seed_low;
  uint32_t seed_high;

  explicit CounterRandom(uint64_t seed) : seed_low(uint32_t(seed)), seed_high(uint32_t(seed >> 32)) {}

  static C4J_KERNEL uint32_t mix(uint32_t v) {
    v = (v ^ (v >> 16)) * 0x7feb352du;
    v = (v ^ (v >> 15)) * 0x846ca68bu;
    return v ^ (v >> 16);
  }

  C4J_KERNEL uint32_t operator()(int64_t index) const {
    return mix(mix(uint32_t(index) ^ seed_low) + seed_high + uint32_t(uint64_t(index) >> 32));
  }
};

}  // namespace caffe4j
