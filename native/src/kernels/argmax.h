#pragma once
#include <cmath>
#include <cstdint>

#include "kernels/kernel.h"

namespace caffe4j {

/** The order in which ArgMax takes channels: larger values first, of equal ones the larger channel; not-a-number is smallest. */
struct RankedChannel {
  float value;
  int32_t channel;

  C4J_KERNEL RankedChannel(float v, int32_t c) : value(v == v ? v : -INFINITY), channel(c) {}
  C4J_KERNEL bool before(const RankedChannel& o) const { return value > o.value || (value == o.value && channel > o.channel); }
};

/** The top_k first channels of item i of outer x channels x inner: top_k indices if `indices`, then top_k values if `values`. */
struct ArgMax {
  const float* x;
  float* y;
  int64_t inner, channels, top_k;
  bool indices, values;

  C4J_KERNEL void operator()(int64_t i) const {
    const int64_t outer = i / inner;
    i -= outer * inner;
    const float* from = x + (outer * channels * inner + i);
    float* to = y + (outer * ((indices ? top_k : 0) + (values ? top_k : 0)) * inner + i);
    RankedChannel last(INFINITY, int32_t(channels));
    for (int32_t k = 0; k < top_k; ++k) {
      last = next(from, last);
      if (indices) *to = float(last.channel);
      if (values) to[indices ? top_k * inner : 0] = from[last.channel * inner];
      to += inner;
    }
  }

 private:
  /** The first channel behind `last`. */
  C4J_KERNEL RankedChannel next(const float* from, const RankedChannel& last) const {
    RankedChannel best(-INFINITY, -1);
    for (int32_t c = 0; c < channels; ++c) {
      const RankedChannel candidate(*from, c);
      if (last.before(candidate) && candidate.before(best)) best = candidate;
      from += inner;
    }
    return best;
  }
};

}  // namespace caffe4j
