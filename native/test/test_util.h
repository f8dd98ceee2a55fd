#pragma once
// What the tests share: owning handles, values in and out of tensors.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "caffe4j/tensor.h"

namespace caffe4j {

struct ContextDeleter {
  void operator()(Context* c) const { context_destroy(c); }
};
struct TensorDeleter {
  void operator()(Tensor* t) const { tensor_destroy(t); }
};
using ContextPtr = std::unique_ptr<Context, ContextDeleter>;
using TensorPtr = std::unique_ptr<Tensor, TensorDeleter>;

inline TensorPtr make_tensor(Context* context, const std::vector<int64_t>& dims, const std::vector<float>& values = {}) {
  TensorPtr t(tensor_create(context));
  tensor_reshape(t.get(), dims.data(), int(dims.size()));
  if (!values.empty()) tensor_put(t.get(), 0, values.data(), int64_t(values.size()));
  return t;
}

inline std::vector<float> values_of(Tensor* t) {
  std::vector<float> v(size_t(tensor_count(t)));
  tensor_get(t, 0, v.data(), int64_t(v.size()));
  return v;
}

/** Reproducible values in [low, high). */
inline std::vector<float> random_values(int64_t count, unsigned seed, float low = -1, float high = 1) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> uniform(low, high);
  std::vector<float> v(static_cast<size_t>(count));
  for (float& x : v) x = uniform(engine);
  return v;
}

/** Fails for the first element that differs by more than `tolerance` times the largest expected absolute value. */
inline void expect_close(const std::vector<float>& actual, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  double largest = 1e-30;
  for (double e : expected) largest = std::max(largest, std::abs(e));
  for (size_t i = 0; i < actual.size(); ++i) ASSERT_NEAR(actual[i], expected[i], tolerance * largest) << "at element " << i;
}

}  // namespace caffe4j
