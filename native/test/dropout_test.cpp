#include "caffe4j/dropout.h"

#include <cmath>

#include "test_util.h"

namespace caffe4j {
namespace {

std::vector<float> dropped(Context* context, const std::vector<int64_t>& dims, float ratio, int64_t seed, int layout = 0) {
  int64_t count = 1;
  for (int64_t d : dims) count *= d;
  TensorPtr x = make_in_layout(context, dims, std::vector<float>(size_t(count), 1.f), layout);
  dropout_forward(x.get(), x.get(), ratio, seed);
  return values_of(x.get());
}

TEST(Dropout, KeepsTheRightShareAndScalesIt) {
  ContextPtr context = make_context(2);
  for (float ratio : {0.1f, 0.5f, 0.9f}) {
    const int n = 200000;
    const std::vector<float> y = dropped(context.get(), {100, n / 100}, ratio, 42);
    int kept = 0, neighbours = 0;
    for (int i = 0; i < n; ++i) {
      ASSERT_TRUE(y[size_t(i)] == 0 || y[size_t(i)] == 1 / (1 - ratio));
      kept += y[size_t(i)] != 0;
      neighbours += i > 0 && y[size_t(i)] != 0 && y[size_t(i - 1)] != 0;
    }
    // Five standard deviations; the seed is fixed.
    const double p = 1 - double(ratio);
    EXPECT_NEAR(kept, n * p, 5 * std::sqrt(n * p * (1 - p)));
    EXPECT_NEAR(neighbours, n * p * p, 10 * std::sqrt(n * p * p * (1 - p * p)));
  }
}

TEST(Dropout, DependsOnSeedAndPositionOnly) {
  ContextPtr one = make_context(1), two = make_context(2);
  const std::vector<int64_t> dims{2, 20, 19, 19};
  const auto expected = dropped(one.get(), dims, 0.5f, 7);
  for (int layout = 0; layout < 3; ++layout) EXPECT_EQ(dropped(two.get(), dims, 0.5f, 7, layout), expected) << layout;
  const auto other = dropped(one.get(), dims, 0.5f, 8);
  int same = 0;
  for (size_t i = 0; i < other.size(); ++i) same += (other[i] != 0) == (expected[i] != 0);
  EXPECT_NEAR(same, int(other.size()) / 2, 5 * std::sqrt(double(other.size()) / 4));
}

TEST(Dropout, RatioZeroKeepsAllAndOneIsRefused) {
  ContextPtr context = make_context(1);
  EXPECT_EQ(dropped(context.get(), {50}, 0, 1), std::vector<float>(50, 1.f));
  TensorPtr x = make_tensor(context.get(), {4});
  EXPECT_THROW(dropout_forward(x.get(), x.get(), 1, 1), std::exception);
  EXPECT_THROW(dropout_forward(x.get(), x.get(), -0.1f, 1), std::exception);
}

}  // namespace
}  // namespace caffe4j
