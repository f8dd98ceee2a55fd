#include "caffe4j/filler.h"

#include <algorithm>
#include <cmath>

#include "kernels/filler.h"
#include "test_util.h"

namespace caffe4j {
namespace {

constexpr int64_t kMany = 100001;
constexpr int64_t kSeed = 0x123456789abcdef0;

/** So many values from a context. */
template <class Fill>
std::vector<float> filled(const ContextPtr& context, const std::vector<int64_t>& dims, const Fill& fill) {
  TensorPtr t = make_tensor(context.get(), dims);
  fill(t.get());
  return values_of(t.get());
}

template <class Fill>
std::vector<float> filled(const std::vector<int64_t>& dims, const Fill& fill) {
  return filled(make_context(2), dims, fill);
}

void uniform(Tensor* t) { fill_uniform(t, -2, 6, kSeed); }
void gaussian(Tensor* t) { fill_gaussian(t, 3, 0.5f, 1, kSeed); }
void sparse(Tensor* t) { fill_gaussian(t, 0, 1, 0.25, kSeed); }
void unitball(Tensor* t) { fill_positive_unitball(t, 7, kSeed); }

struct Moments {
  double mean = 0, variance = 0, skewness = 0, kurtosis = 0;

  explicit Moments(const std::vector<float>& values) {
    const double n = double(values.size());
    for (float v : values) mean += v / n;
    for (float v : values) variance += (v - mean) * (v - mean) / n;
    for (float v : values) {
      const double z = (v - mean) / std::sqrt(variance);
      skewness += z * z * z / n;
      kurtosis += z * z * z * z / n;
    }
  }
};

/** The answers that come with the authors' own implementation. */
TEST(Filler, PhiloxGivesTheKnownAnswers) {
  const auto words = [](const Philox::Words& r) { return std::vector<uint32_t>(r.w, r.w + 4); };
  EXPECT_EQ(words(Philox{0}(0)), (std::vector<uint32_t>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(words(Philox::rounds({{~0u, ~0u, ~0u, ~0u}}, ~0u, ~0u)), (std::vector<uint32_t>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(words(Philox::rounds({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0)),
            (std::vector<uint32_t>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Filler, LogarithmAndCosineAreExact) {
  for (uint32_t i = 1; i < 4000000; i += 37) {
    const float x = float(i) * 0x1p-22f;
    ASSERT_NEAR(log_by_series(x), std::log(double(x)), 2e-7 * std::max(0.05, std::abs(std::log(double(x))))) << x;
    const uint32_t turn = i * 2654435761u;
    ASSERT_NEAR(cosine_of_turn(turn), std::cos(2 * M_PI * (turn * 0x1p-32)), 2e-7) << turn;
  }
  EXPECT_EQ(standard_normal(~0u, 0), 0) << "the least radius";
  EXPECT_NEAR(standard_normal(0, 0), std::sqrt(2 * 33 * std::log(2)), 1e-5) << "the largest value";
}

TEST(Filler, UniformHasItsRangeAndMoments) {
  const auto values = filled({kMany}, uniform);
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  EXPECT_GE(*low, -2);
  EXPECT_LT(*low, -1.99);
  EXPECT_LE(*high, 6);
  EXPECT_GT(*high, 5.99);
  const Moments m(values);
  EXPECT_NEAR(m.mean, 2, 5 * std::sqrt(64.0 / 12 / kMany));
  EXPECT_NEAR(m.variance, 64.0 / 12, 0.05);
  EXPECT_EQ(filled({3}, [](Tensor* t) { fill_uniform(t, 4, 4, kSeed); }), (std::vector<float>{4, 4, 4}));
  for (float v : filled({1000}, [](Tensor* t) { fill_uniform(t, -3e38f, 3e38f, kSeed); })) EXPECT_LE(std::abs(v), 3e38f);
}

TEST(Filler, GaussianHasItsMoments) {
  const Moments m(filled({kMany}, gaussian));
  EXPECT_NEAR(m.mean, 3, 5 * 0.5 / std::sqrt(double(kMany)));
  EXPECT_NEAR(m.variance, 0.25, 0.01);
  EXPECT_NEAR(m.skewness, 0, 5 * std::sqrt(6.0 / kMany));
  EXPECT_NEAR(m.kurtosis, 3, 5 * std::sqrt(24.0 / kMany));
}

TEST(Filler, GaussianKeepsAShare) {
  const auto values = filled({kMany}, sparse);
  const auto kept = double(values.size()) - double(std::count(values.begin(), values.end(), 0.f));
  EXPECT_NEAR(kept / kMany, 0.25, 5 * std::sqrt(0.25 * 0.75 / kMany));
  EXPECT_EQ(filled({2}, [](Tensor* t) { fill_gaussian(t, 5, 1, 0, kSeed); }), (std::vector<float>{0, 0}));
}

TEST(Filler, RowsOfPositiveUnitballSumToOne) {
  const auto values = filled({7, 11, 13}, unitball);
  for (size_t r = 0; r < 7; ++r) {
    double sum = 0;
    for (size_t i = 0; i < 143; ++i) {
      EXPECT_GT(values[r * 143 + i], 0);
      sum += double(values[r * 143 + i]);
    }
    EXPECT_NEAR(sum, 1, 1e-6);
  }
  EXPECT_EQ(filled({7}, unitball), std::vector<float>(7, 1.f));
}

/** To the last bit; on a GPU the other context is the CPU's. */
TEST(Filler, ValuesAreThoseOfTheSeedOnEveryDevice) {
  for (auto fill : {uniform, gaussian, sparse, unitball}) {
    const auto values = filled({7, 5000}, fill);
    EXPECT_EQ(values, filled({7, 5000}, fill));
    EXPECT_EQ(values, filled(ContextPtr(context_create_cpu(1)), {7, 5000}, fill));
  }
  EXPECT_NE(filled({20}, uniform), filled({20}, [](Tensor* t) { fill_uniform(t, -2, 6, kSeed + 1); }));
}

TEST(Filler, CopiesNothing) {
  ContextPtr context = make_context(2);
  TensorPtr t = make_tensor(context.get(), {7, 50});
  for (auto fill : {uniform, gaussian, sparse, unitball}) fill(t.get());
  EXPECT_EQ(context_transfers(context.get(), false) + context_transfers(context.get(), true), 0);
}

TEST(Filler, RefusesWhatHasNoMeaning) {
  ContextPtr context = make_context(1);
  TensorPtr t = make_tensor(context.get(), {2, 3});
  EXPECT_THROW(fill_uniform(t.get(), 1, 0, kSeed), std::exception);
  EXPECT_THROW(fill_gaussian(t.get(), 0, 1, 1.5, kSeed), std::exception);
  EXPECT_THROW(fill_positive_unitball(t.get(), 4, kSeed), std::exception);
  EXPECT_THROW(fill_positive_unitball(t.get(), 0, kSeed), std::exception);
  EXPECT_THROW(fill_uniform(nullptr, 0, 1, kSeed), std::exception);
}

}  // namespace
}  // namespace caffe4j
