#pragma once
// What the tests share: owning handles, values in and out of tensors.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "caffe4j/convolution.h"
#include "caffe4j/device.h"
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

/** True when the tests run on a GPU: C4J_TEST_DEVICE is "cuda". */
inline bool on_gpu() {
  const char* device = std::getenv("C4J_TEST_DEVICE");
  return device != nullptr && std::string(device) == "cuda";
}

/** True when that GPU is the emulated one. */
inline bool on_emulated_gpu() { return on_gpu() && std::string(device_properties(0)).find("emulated device") != std::string::npos; }

/** On a GPU values are row-major always. */
inline bool has_blocked_layouts() { return !on_gpu(); }

/** A context on the device under test, with so many threads of the host. */
inline ContextPtr make_context(int threads) { return ContextPtr(on_gpu() ? context_create_gpu(0, threads) : context_create_cpu(threads)); }

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

/** What the error that a call throws says; "no error" where it throws none. */
template <class F>
std::string error_of(const F& call) {
  try {
    call();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "no error";
}

/** Reproducible values in [low, high). */
inline std::vector<float> random_values(int64_t count, unsigned seed, float low = -1, float high = 1) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> uniform(low, high);
  std::vector<float> v(static_cast<size_t>(count));
  for (float& x : v) x = uniform(engine);
  return v;
}

/**
 * A tensor of N x C x H x W values that are in a layout of oneDNN's, because a convolution by the identity wrote them: channels last
 * where `channels_last`, else in blocks of channels.
 */
inline TensorPtr make_blocked(Context* context, const std::vector<int64_t>& dims, const std::vector<float>& values, bool channels_last) {
  const int64_t channels = dims[1], one[] = {1, 1}, zero[] = {0, 0};
  TensorPtr x = make_tensor(context, dims, values), y = make_tensor(context, dims);
  TensorPtr identity = make_tensor(context, {channels, channels, 1, 1});
  for (int64_t c = 0; c < channels; ++c) tensor_update(identity.get())[c * channels + c] = 1;
  Convolution* convolution =
      convolution_create(context, ENGINE_FAST, channels, channels, 1, one, one, zero, one, 2, channels_last);
  convolution_forward(convolution, x.get(), identity.get(), nullptr, y.get());
  convolution_destroy(convolution);
  return y;
}

/** Makes a tensor of the same values in one of three layouts: row-major, in blocks of channels, channels last. */
inline TensorPtr make_in_layout(Context* context, const std::vector<int64_t>& dims, const std::vector<float>& values, int layout) {
  return layout == 0 ? make_tensor(context, dims, values) : make_blocked(context, dims, values, layout == 2);
}

/** from, from + 1, ... */
inline std::vector<float> counting(int64_t count, float from) {
  std::vector<float> v(static_cast<size_t>(count));
  for (float& x : v) x = from++;
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
