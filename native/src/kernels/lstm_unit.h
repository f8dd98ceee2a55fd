#pragma once
#include <cmath>

#include "kernels/kernel.h"

namespace caffe4j {

C4J_KERNEL float sigmoid_of(float x) { return 0.5f * tanhf(0.5f * x) + 0.5f; }

/** Element i is item i / d, value i % d. */
struct LstmUnitForward {
  const float *c_prev, *gates, *cont;
  float *c, *h;
  int64_t d;

  C4J_KERNEL void operator()(int64_t i) const {
    const int64_t item = i / d;
    const float* x = gates + item * 4 * d + i % d;
    const float forget = cont[item] == 0 ? 0 : cont[item] * sigmoid_of(x[d]);
    const float cell = forget * c_prev[i] + sigmoid_of(x[0]) * tanhf(x[3 * d]);
    c[i] = cell;
    h[i] = sigmoid_of(x[2 * d]) * tanhf(cell);
  }
};

/** Element i is item i / d, value i % d. c_prev_diff may be c_diff. */
struct LstmUnitBackward {
  const float *c_prev, *gates, *cont, *c, *c_diff, *h_diff;
  float *c_prev_diff, *gates_diff;
  int64_t d;

  C4J_KERNEL void operator()(int64_t i) const {
    const int64_t item = i / d, at = item * 4 * d + i % d;
    const float* x = gates + at;
    float* dx = gates_diff + at;
    const float input = sigmoid_of(x[0]), open = sigmoid_of(x[d]), output = sigmoid_of(x[2 * d]), value = tanhf(x[3 * d]);
    const float squashed = tanhf(c[i]);
    const float dc = c_diff[i] + h_diff[i] * output * (1 - squashed * squashed);
    dx[0] = dc * value * input * (1 - input);
    dx[d] = cont[item] == 0 ? 0 : dc * c_prev[i] * cont[item] * open * (1 - open);
    dx[2 * d] = h_diff[i] * squashed * output * (1 - output);
    dx[3 * d] = dc * input * (1 - value * value);
    c_prev_diff[i] = cont[item] == 0 ? 0 : dc * cont[item] * open;
  }
};

}  // namespace caffe4j
