#pragma once
#include <cmath>

#include "kernels/kernel.h"

namespace caffe4j {

/** A parameter with its gradient, normalised and regularised; `step` replaces the gradient by the step and takes it. */
struct Regularized {
  float* data;
  float* diff;
  float scale;
  float l1;
  float l2;
  C4J_KERNEL float gradient(int64_t i) const {
    const float w = data[i];
    return fmaf(l1, float((w > 0) - (w < 0)), fmaf(l2, w, scale * diff[i]));
  }
  C4J_KERNEL void step(int64_t i, float d) const {
    diff[i] = d;
    data[i] -= d;
  }
};

/** a * x + b * y, where a * x is rounded before b * y is added: as a BLAS scales one array and adds another. */
C4J_KERNEL float blend(float a, float x, float b, float y) { return fmaf(b, y, a * x); }

struct SgdUpdate {
  Regularized param;
  float* h;
  float rate;
  float momentum;
  C4J_KERNEL void operator()(int64_t i) const {
    h[i] = blend(momentum, h[i], rate, param.gradient(i));
    param.step(i, h[i]);
  }
};

struct NesterovUpdate {
  Regularized param;
  float* h;
  float rate;
  float momentum;
  C4J_KERNEL void operator()(int64_t i) const {
    const float before = h[i];
    h[i] = blend(momentum, before, rate, param.gradient(i));
    param.step(i, blend(-momentum, before, 1 + momentum, h[i]));
  }
};

struct AdaGradUpdate {
  Regularized param;
  float* h;
  float rate;
  float delta;
  C4J_KERNEL void operator()(int64_t i) const {
    const float g = param.gradient(i);
    h[i] += g * g;
    param.step(i, rate * (g / (std::sqrt(h[i]) + delta)));
  }
};

struct RmsPropUpdate {
  Regularized param;
  float* h;
  float rate;
  float decay;
  float delta;
  C4J_KERNEL void operator()(int64_t i) const {
    const float g = param.gradient(i);
    h[i] = blend(decay, h[i], 1 - decay, g * g);
    param.step(i, rate * (g / (std::sqrt(h[i]) + delta)));
  }
};

struct AdaDeltaUpdate {
  Regularized param;
  float* h;
  float* s;
  float rate;
  float momentum;
  float delta;
  C4J_KERNEL void operator()(int64_t i) const {
    const float g = param.gradient(i);
    h[i] = blend(momentum, h[i], 1 - momentum, g * g);
    const float u = g * std::sqrt((s[i] + delta) / (h[i] + delta));
    s[i] = blend(momentum, s[i], 1 - momentum, u * u);
    param.step(i, rate * u);
  }
};

struct AdamUpdate {
  Regularized param;
  float* m;
  float* v;
  float rate;
  float beta1;
  float beta2;
  float delta;
  C4J_KERNEL void operator()(int64_t i) const {
    const float g = param.gradient(i);
    m[i] = blend(beta1, m[i], 1 - beta1, g);
    v[i] = blend(beta2, v[i], 1 - beta2, g * g);
    param.step(i, rate * (m[i] / (std::sqrt(v[i]) + delta)));
  }
};

}  // namespace caffe4j
