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

/**
 * Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011): four words of 32 random bits for
 * each seed and index. Slower than CounterRandom; streams of different seeds have nothing in common.
 */
struct Philox {
  struct Words {
    uint32_t w[4];
  };
  uint64_t seed;

  C4J_KERNEL Words operator()(int64_t index) const {
    return rounds({{uint32_t(index), uint32_t(uint64_t(index) >> 32), 0, 0}}, uint32_t(seed), uint32_t(seed >> 32));
  }

  static C4J_KERNEL Words rounds(Words v, uint32_t key0, uint32_t key1) {
    for (int round = 0; round < 10; ++round) {
      const uint64_t a = uint64_t(v.w[0]) * 0xD2511F53u, b = uint64_t(v.w[2]) * 0xCD9E8D57u;
      v = {{uint32_t(b >> 32) ^ v.w[1] ^ key0, uint32_t(b), uint32_t(a >> 32) ^ v.w[3] ^ key1, uint32_t(a)}};
      key0 += 0x9E3779B9u;
      key1 += 0xBB67AE85u;
    }
    return v;
  }
};

}  // namespace caffe4j
