// The blocks of the convolution over row-major values, for few registers and for many: what a processor has decides which of them run.
#include "../src/cpu/direct_blocks.h"

#include "test_util.h"

namespace caffe4j {
namespace {

constexpr int64_t kDepth = 37, kStride = 40;

TEST(DirectBlocks, ProductsOfBothSizesAgree) {
  if (!direct::has_32_registers()) GTEST_SKIP() << "this processor has no AVX-512VL";
  const auto weights = random_values(kDepth * 5, 1), bias = random_values(5, 2), x = random_values(400, 3);
  std::vector<int64_t> offsets, places;
  for (int64_t k = 0; k < kDepth; ++k) offsets.push_back(k * 9);
  for (int64_t m = 0; m < 5; ++m) places.push_back(m * kStride);
  for (const bool add : {false, true}) {
    std::vector<float> narrow(5 * kStride, -1), wide = narrow;
    for (int64_t v = 0; v < 32; v += 16) {
      direct::products<5, 2>(weights.data(), bias.data(), offsets.data(), kDepth, x.data() + v,
                             direct::Target{narrow.data() + v, places.data(), 4, add});
    }
    direct::wide_products<5, 2>(weights.data(), bias.data(), offsets.data(), kDepth, x.data(), direct::Target{wide.data(), places.data(), 4, add});
    for (size_t i = 0; i < wide.size(); ++i) EXPECT_NEAR(wide[i], narrow[i], 1e-5) << i;
    EXPECT_EQ(wide[4 * kStride], -1);  // only four rows are kept
    double sum = double(bias[1]) - (add ? 1 : 0);
    for (int64_t k = 0; k < kDepth; ++k) sum += double(weights[size_t(k * 5 + 1)]) * double(x[size_t(k * 9 + 17)]);
    EXPECT_NEAR(wide[kStride + 17], sum, 1e-5);
  }
}

TEST(DirectBlocks, GradientsOfBothSizesAgree) {
  if (!direct::has_32_registers()) GTEST_SKIP() << "this processor has no AVX-512VL";
  constexpr int64_t kImages = 2, kPlane = 48;  // three wide vectors
  const auto dy = random_values(10 * kImages * kPlane, 4), x = random_values(kImages * 5 * 50 + kPlane, 5);
  const auto sums = [&](const auto& gradients, int64_t rows, int64_t lanes) {
    std::vector<float> dw(10 * 5, 0.5f);
    for (int64_t m = 0; m < 10; m += rows) {
      gradients(direct::Planes{dy.data() + m * kPlane, kPlane, 10 * kPlane}, direct::Planes{x.data(), 50, 250}, kImages, kPlane / lanes,
                dw.data() + m * 5, int64_t(5), rows);
    }
    return dw;
  };
  const auto narrow = sums([](const auto&... args) { direct::gradients<2, 5>(args...); }, 2, direct::kLanes);
  const auto wide = sums([](const auto&... args) { direct::wide_gradients<5, 5>(args...); }, 5, direct::kWideLanes);
  for (size_t i = 0; i < wide.size(); ++i) EXPECT_NEAR(wide[i], narrow[i], 1e-5) << i;
}

}  // namespace
}  // namespace caffe4j
