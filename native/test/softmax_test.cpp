#include "caffe4j/softmax.h"

#include <cmath>

#include "test_util.h"

namespace caffe4j {
namespace {

std::vector<double> reference(const std::vector<float>& x, int64_t outer, int64_t channels, int64_t inner) {
  std::vector<double> y(x.size());
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t i = 0; i < inner; ++i) {
      const auto at = [&](int64_t c) { return size_t((o * channels + c) * inner + i); };
      double sum = 0, largest = -1e300;
      for (int64_t c = 0; c < channels; ++c) largest = std::max(largest, double(x[at(c)]));
      for (int64_t c = 0; c < channels; ++c) sum += std::exp(x[at(c)] - largest);
      for (int64_t c = 0; c < channels; ++c) y[at(c)] = std::exp(x[at(c)] - largest) / sum;
    }
  }
  return y;
}

void check(int64_t outer, int64_t channels, int64_t inner) {
  ContextPtr context = make_context(2);
  const std::vector<int64_t> dims{outer, channels, inner};
  const auto values = random_values(outer * channels * inner, 1, -6, 6), gradient = random_values(outer * channels * inner, 2);
  TensorPtr x = make_tensor(context.get(), dims, values), y = make_tensor(context.get(), dims);
  softmax_forward(x.get(), y.get(), outer, channels, inner);
  const auto expected = reference(values, outer, channels, inner);
  expect_close(values_of(y.get()), expected, 2e-6);

  TensorPtr dy = make_tensor(context.get(), dims, gradient), dx = make_tensor(context.get(), dims);
  softmax_backward(y.get(), dy.get(), dx.get(), outer, channels, inner);
  std::vector<double> expected_dx(values.size());
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t i = 0; i < inner; ++i) {
      const auto at = [&](int64_t c) { return size_t((o * channels + c) * inner + i); };
      double dot = 0;
      for (int64_t c = 0; c < channels; ++c) dot += expected[at(c)] * gradient[at(c)];
      for (int64_t c = 0; c < channels; ++c) expected_dx[at(c)] = (gradient[at(c)] - dot) * expected[at(c)];
    }
  }
  expect_close(values_of(dx.get()), expected_dx, 4e-6);

  softmax_forward(x.get(), x.get(), outer, channels, inner);
  EXPECT_EQ(values_of(x.get()), values_of(y.get())) << "in place";
}

TEST(Softmax, Rows) { check(5, 10, 1); }
TEST(Softmax, LongRows) { check(3, 1003, 1); }
TEST(Softmax, Maps) { check(2, 21, 19 * 31); }
TEST(Softmax, OneClass) { check(4, 1, 7); }

TEST(Softmax, LargeScoresStayFinite) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {1, 3}, {1000, 999, -1000}), y = make_tensor(context.get(), {1, 3});
  softmax_forward(x.get(), y.get(), 1, 3, 1);
  expect_close(values_of(y.get()), {0.7310585786, 0.2689414214, 0}, 1e-6);
}

TEST(Softmax, RefusesAWrongSplit) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {2, 3}), y = make_tensor(context.get(), {2, 3});
  EXPECT_THROW(softmax_forward(x.get(), y.get(), 2, 4, 1), std::exception);
  EXPECT_THROW(softmax_forward(x.get(), y.get(), 6, 0, 1), std::exception);
}

}  // namespace
}  // namespace caffe4j
