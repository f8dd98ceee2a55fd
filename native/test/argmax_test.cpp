#include "caffe4j/argmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "test_util.h"

namespace caffe4j {
namespace {

TEST(ArgMax, OfEqualValuesTheLargerIndexFirst) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {2, 4}, {3, 1, 3, 2, 5, 5, 5, 5}), y = make_tensor(context.get(), {2, 1, 3});
  argmax_forward(x.get(), y.get(), 4, 1, 3, true, false);
  EXPECT_EQ(values_of(y.get()), (std::vector<float>{2, 0, 3, 3, 2, 1}));
  TensorPtr one = make_tensor(context.get(), {2});
  argmax_forward(x.get(), one.get(), 4, 1, 1, true, false);
  EXPECT_EQ(values_of(one.get()), (std::vector<float>{2, 3}));
}

TEST(ArgMax, IndicesThenValues) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {1, 3}, {4, 6, 5}), y = make_tensor(context.get(), {1, 2, 2}),
            one = make_tensor(context.get(), {1, 2, 1});
  argmax_forward(x.get(), y.get(), 3, 1, 2, true, true);
  EXPECT_EQ(values_of(y.get()), (std::vector<float>{1, 2, 6, 5}));
  argmax_forward(x.get(), one.get(), 3, 1, 1, true, true);
  EXPECT_EQ(values_of(one.get()), (std::vector<float>{1, 6}));
}

TEST(ArgMax, EveryAxisAgainstSorting) {
  ContextPtr context = make_context(2);
  const int64_t outer = 3, channels = 7, inner = 601;
  std::vector<float> values = random_values(outer * channels * inner, 1);
  for (float& v : values) v = std::round(v * 4);
  for (int64_t k : {int64_t(1), int64_t(3), channels}) {
    TensorPtr x = make_tensor(context.get(), {outer, channels, inner}, values);
    TensorPtr index = make_tensor(context.get(), {outer, k, inner}), value = make_tensor(context.get(), {outer, k, inner});
    argmax_forward(x.get(), index.get(), channels, inner, k, true, false);
    argmax_forward(x.get(), value.get(), channels, inner, k, false, true);
    const std::vector<float> indices = values_of(index.get()), largest = values_of(value.get());
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t i = 0; i < inner; ++i) {
        std::vector<std::pair<float, int64_t>> sorted;
        for (int64_t c = 0; c < channels; ++c) sorted.emplace_back(values[size_t((o * channels + c) * inner + i)], c);
        std::sort(sorted.rbegin(), sorted.rend());
        for (int64_t n = 0; n < k; ++n) {
          ASSERT_EQ(indices[size_t((o * k + n) * inner + i)], float(sorted[size_t(n)].second));
          ASSERT_EQ(largest[size_t((o * k + n) * inner + i)], sorted[size_t(n)].first);
        }
      }
    }
  }
}

TEST(ArgMax, NaNIsSmallest) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {1, 4}, {nan, -3, nan, -5}), y = make_tensor(context.get(), {1, 1, 1}),
            two = make_tensor(context.get(), {1, 1, 2});
  argmax_forward(x.get(), y.get(), 4, 1, 1, true, false);
  EXPECT_EQ(values_of(y.get())[0], 1);
  argmax_forward(x.get(), two.get(), 4, 1, 2, true, false);
  EXPECT_EQ(values_of(two.get()), (std::vector<float>{1, 3}));
}

TEST(ArgMax, NothingButNaNAndTheLowest) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), lowest = -std::numeric_limits<float>::infinity();
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {3, 3}, {nan, nan, nan, lowest, lowest, lowest, lowest, nan, lowest});
  for (int64_t k : {1, 3}) {  // the first of k are the same for any k
    TensorPtr index = make_tensor(context.get(), {3, 1, k});
    argmax_forward(x.get(), index.get(), 3, 1, k, true, false);
    for (int64_t row = 0; row < 3; ++row) {
      for (int64_t i = 0; i < k; ++i) EXPECT_EQ(values_of(index.get())[size_t(row * k + i)], float(2 - i));
    }
  }
}

TEST(ArgMax, RefusesWhatDoesNotFit) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {1, 4}), y = make_tensor(context.get(), {1, 1, 5});
  EXPECT_THROW(argmax_forward(x.get(), y.get(), 4, 1, 5, true, false), std::exception);
  EXPECT_THROW(argmax_forward(x.get(), y.get(), 4, 1, 0, true, false), std::exception);
  EXPECT_THROW(argmax_forward(x.get(), y.get(), 4, 1, 1, true, false), std::exception);
  EXPECT_THROW(argmax_forward(x.get(), y.get(), 3, 1, 1, true, false), std::exception);
}

}  // namespace
}  // namespace caffe4j
