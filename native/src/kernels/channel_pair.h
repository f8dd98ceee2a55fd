#pragma once
#include "kernels/kernel.h"

namespace caffe4j {

/** Two sums that are taken in one pass over the elements of a channel. */
struct ChannelPair {
  double first, second;
  C4J_KERNEL void operator+=(const ChannelPair& o) {
    first += o.first;
    second += o.second;
  }
};

/** Those of all channels, each in `splits` parts. */
struct ChannelPairs {
  const ChannelPair* parts;
  int64_t splits;
  C4J_KERNEL ChannelPair of(int64_t c) const {
    ChannelPair sum = parts[c * splits];
    for (int64_t s = 1; s < splits; ++s) sum += parts[c * splits + s];
    return sum;
  }
};

}  // namespace caffe4j
