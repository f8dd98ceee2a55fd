#pragma once
// What the programs that time single operations share.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "caffe4j/tensor.h"

namespace caffe4j {

/** The middle time of so many calls in milliseconds, after one to warm up. */
inline double milliseconds(int calls, const std::function<void()>& call) {
  using Clock = std::chrono::steady_clock;
  call();
  std::vector<double> times;
  for (int i = 0; i < calls; ++i) {
    const Clock::time_point start = Clock::now();
    call();
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

/** A tensor of values from -0.5 to 0.5, or of `least` more. */
inline Tensor* tensor_of(Context* context, const std::vector<int64_t>& dims, float least = -0.5f) {
  Tensor* t = tensor_create(context);
  tensor_reshape(t, dims.data(), int(dims.size()));
  float* values = tensor_overwrite(t);
  for (int64_t i = 0; i < tensor_count(t); ++i) values[i] = least + float(i * 7919 % 1000) * 1e-3f;
  return t;
}

}  // namespace caffe4j
