#pragma once
#include "kernels/absval.h"
#include "kernels/bnll.h"
#include "kernels/clip.h"
#include "kernels/elu.h"
#include "kernels/exp.h"
#include "kernels/log.h"
#include "kernels/power.h"
#include "kernels/sigmoid.h"
#include "kernels/swish.h"
#include "kernels/tanh.h"

namespace caffe4j {

/**
 * y = f(scale[c] * x + shift[c] + factor * z, c); c is the element's channel. Where scale, shift or z is null, it is left out. y may be x or z.
 */
template <class F>
struct EpilogueForward {
  const float* x;
  const float* scale;
  const float* shift;
  const float* z;
  float* y;
  double factor;  // of 64 bits, as whole numbers are
  F f;
  C4J_KERNEL void operator()(int64_t i, int64_t c, int64_t) const {
    float v = x[i];
    if (scale != nullptr) v *= scale[c];
    if (shift != nullptr) v += shift[c];
    if (z != nullptr) v += float(factor) * z[i];
    y[i] = f(v, c);
  }
};

// The functions of an epilogue: of a value and its channel.

template <class F>
struct OfValue {
  F f;
  C4J_KERNEL float operator()(float x, int64_t) const { return f(x); }
};

struct Unchanged {
  C4J_KERNEL float operator()(float x, int64_t) const { return x; }
};

struct LeakyRelu {
  float slope;
  C4J_KERNEL float operator()(float x, int64_t) const { return (x > 0 ? x : 0) + slope * (x > 0 ? 0 : x); }
};

struct ChannelRelu {
  const float* slope;
  int64_t step;  // 0 for one slope for all channels, else 1
  C4J_KERNEL float operator()(float x, int64_t c) const { return (x > 0 ? x : 0) + slope[c * step] * (x > 0 ? 0 : x); }
};

C4J_INSTANCES(EpilogueForward<Unchanged>, EpilogueForward<LeakyRelu>, EpilogueForward<ChannelRelu>)
C4J_INSTANCES(EpilogueForward<OfValue<SigmoidForward>>, EpilogueForward<OfValue<TanHForward>>, EpilogueForward<OfValue<AbsValForward>>)
C4J_INSTANCES(EpilogueForward<OfValue<ClipForward>>, EpilogueForward<OfValue<EluForward>>, EpilogueForward<OfValue<SwishForward>>)
C4J_INSTANCES(EpilogueForward<OfValue<BnllForward>>, EpilogueForward<OfValue<ExpForward>>, EpilogueForward<OfValue<LogForward>>)
C4J_INSTANCES(EpilogueForward<OfValue<PowerForward<PowerKind::LINEAR>>>, EpilogueForward<OfValue<PowerForward<PowerKind::SQUARE>>>)
C4J_INSTANCES(EpilogueForward<OfValue<PowerForward<PowerKind::ROOT>>>, EpilogueForward<OfValue<PowerForward<PowerKind::GENERAL>>>)

}  // namespace caffe4j
