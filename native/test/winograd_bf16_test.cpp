// Convolutions by Winograd's algorithm in plans of bf16, against sums in double.
#include "winograd_cases.h"

namespace caffe4j::winograd_cases {
namespace {

const Case kBf16Cases[] = {{1, 16, 8, 8, 16, 1, 1, 1},    {1, 32, 13, 11, 48, 1, 1, 2}, {2, 64, 7, 7, 32, 0, 0, 2},   {3, 16, 9, 5, 64, 2, 2, 2},
                           {1, 32, 6, 10, 32, 0, 2, 3},   {1, 19, 10, 9, 21, 1, 1, 2},  {2, 5, 6, 6, 3, 1, 1, 2},     {1, 16, 1, 2, 32, 1, 1, 2},
                           {1, 16, 1, 2, 16, 2, 2, 1},    {2, 301, 4, 4, 40, 1, 1, 2},  {1, 96, 60, 60, 24, 1, 1, 2}, {1, 40, 60, 60, 24, 1, 1, 1},
                           {2, 200, 28, 28, 100, 1, 1, 3}};

class WinogradBf16Test : public testing::TestWithParam<std::tuple<bool, bool, Case>> {
 protected:
  void SetUp() override {
    if (!plan_precision_is_fast(PLAN_BF16)) GTEST_SKIP() << kNoBf16;
  }
};

double root_mean_square(const std::vector<double>& values) {
  double sum = 0;
  for (double value : values) sum += value * value;
  return std::sqrt(sum / double(values.size()));
}

TEST_P(WinogradBf16Test, LosesLessThanRoundingItsResults) {
  const auto& [blocks, to_float, c] = GetParam();
  const Operands o(c, true);
  OneConvolution plan(c, o, PLAN_WINOGRAD_ALWAYS, blocks, nullptr, to_float ? Types::BF16_TO_FLOAT : Types::BF16);
  ASSERT_TRUE(plan.is_winograd());
  const std::vector<float> y = plan.forward();
  const std::vector<double> expected = direct(c, o), bound = bounds(c, o, true);
  std::vector<double> lost, by_rounding;
  for (size_t i = 0; i < y.size(); ++i) {
    ASSERT_NEAR(y[i], expected[i], bound[i] + (to_float ? 0 : (std::abs(expected[i]) + bound[i]) / 256)) << "at element " << i;
    lost.push_back(y[i] - expected[i]);
    by_rounding.push_back(to_bf16(float(expected[i])) - expected[i]);
  }
  // Independent errors' squares add up.
  EXPECT_LT(root_mean_square(lost), root_mean_square(by_rounding) * (to_float ? 1 : std::sqrt(2.)));
}

INSTANTIATE_TEST_SUITE_P(Shapes, WinogradBf16Test, testing::Combine(testing::Bool(), testing::Bool(), testing::ValuesIn(kBf16Cases)));

TEST(WinogradBf16, CarriesOnWhatIsNotFinite) {
  if (!plan_precision_is_fast(PLAN_BF16)) GTEST_SKIP() << kNoBf16;
  const Case c{1, 70, 12, 12, 20, 1, 1, 2};
  for (float value : {NAN, INFINITY, -INFINITY}) {
    Operands o(c, true);
    const std::vector<double> finite = direct(c, o), bound = bounds(c, o, true);
    o.x[size_t((67 * 12 + 1) * 12 + 1)] = value;  // of the first tile alone
    const std::vector<float> y = OneConvolution(c, o, PLAN_WINOGRAD_ALWAYS, false, nullptr, Types::BF16_TO_FLOAT).forward();
    for (int64_t i = 0; i < c.result_count(); ++i) {
      const int64_t row = i / 12 % 12, column = i % 12;
      if (row < 3 && column < 3) {
        EXPECT_FALSE(std::isfinite(y[size_t(i)])) << "at element " << i;
      } else if (row >= 4 || column >= 4) {
        EXPECT_NEAR(y[size_t(i)], finite[size_t(i)], bound[size_t(i)]) << "at element " << i;
      }
    }
  }
}

TEST(WinogradBf16, KeepsTheLargestSums) {  // of integers of one sign, each as large as it gets
  if (!plan_precision_is_fast(PLAN_BF16)) GTEST_SKIP() << kNoBf16;
  const Case c{1, 2 * kGroup, 12, 12, 16, 0, 0, 1};
  Operands o(c, true);
  std::fill(o.x.begin(), o.x.end(), 1.f);
  std::fill(o.w.begin(), o.w.end(), 1.f);
  const std::vector<float> y = OneConvolution(c, o, PLAN_WINOGRAD_ALWAYS, false, nullptr, Types::BF16_TO_FLOAT).forward();
  const std::vector<double> expected = direct(c, o), bound = bounds(c, o, true);
  for (size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], bound[i]) << "at element " << i;
}

TEST(WinogradBf16, OfZerosIsTheBias) {
  if (!plan_precision_is_fast(PLAN_BF16)) GTEST_SKIP() << kNoBf16;
  const Case c{1, 32, 9, 9, 20, 1, 1, 2};
  for (bool weights : {false, true}) {
    Operands o(c);
    std::fill(weights ? o.w.begin() : o.x.begin(), weights ? o.w.end() : o.x.end(), 0.f);
    const std::vector<float> y = OneConvolution(c, o, PLAN_WINOGRAD_ALWAYS, false, nullptr, Types::BF16_TO_FLOAT).forward();
    for (size_t i = 0; i < y.size(); ++i) EXPECT_EQ(y[i], o.b[i / 81]);
  }
}

}  // namespace
}  // namespace caffe4j::winograd_cases
