// The blocks of the convolution over row-major values, for few registers and for many: what a processor has decides which of them run.
#include "../src/cpu/direct_blocks.h"

#include "test_util.h"

namespace caffe4j {
namespace {

constexpr int64_t kDepth = 37, kStride = 40;

TEST(DirectBlocks, ProductsOfBothSizesAgree) {
  if (!direct::has_32_registers()) GTEST_SKIP() << "this processor has no AVX-512VL";
  const auto weights = random_values(kDepth * 5, 1), bias = random_values(5, 2), x = random_values(400, 3);
  std::vector<int64_t> offsets;
  for (int64_t k = 0; k < kDepth; ++k) offsets.push_back(k * 9);
  const float* from[] = {x.data(), x.data() + 8, x.data() + 3, x.data() + 21};
  const int64_t places[] = {0, 8, 16, 24};
  std::vector<float> narrow(5 * kStride, -1), wide = narrow;
  const float* const* first = from;
  const int64_t* at = places;
  direct::products<5, 2>(weights.data(), bias.data(), offsets.data(), kDepth, first, narrow.data(), at, kStride, int64_t(4));
  direct::products<5, 2>(weights.data(), bias.data(), offsets.data(), kDepth, first + 2, narrow.data(), at + 2, kStride, int64_t(4));
  direct::wide_products<5, 4>(weights.data(), bias.data(), offsets.data(), kDepth, first, wide.data(), at, kStride, int64_t(4));
  for (size_t i = 0; i < wide.size(); ++i) EXPECT_NEAR(wide[i], narrow[i], 1e-5) << i;
  EXPECT_EQ(wide[4 * kStride], -1);  // only four rows are kept
}

TEST(DirectBlocks, GradientsOfBothSizesAgree) {
  if (!direct::has_32_registers()) GTEST_SKIP() << "this processor has no AVX-512VL";
  constexpr int64_t kVectors = 3, kImages = 2;
  const auto dy = random_values(10 * kImages * kVectors * 8, 4), x = random_values(200, 5);
  const std::vector<int64_t> places{0, 12, 24};
  const auto sums = [&](const auto& gradients, int64_t rows) {
    std::vector<float> dw(10 * 5, 0.5f);
    for (int64_t m = 0; m < 10; m += rows) {
      gradients(dy.data() + m * kVectors * 8, kVectors * 8, x.data(), places.data(), kImages, 10 * kVectors * 8, int64_t(90), kVectors,
                dw.data() + m * 5, int64_t(5), rows);
    }
    return dw;
  };
  const auto narrow = sums([](auto... args) { direct::gradients<2, 5>(args...); }, 2);
  const auto wide = sums([](auto... args) { direct::wide_gradients<5, 5>(args...); }, 5);
  for (size_t i = 0; i < wide.size(); ++i) EXPECT_NEAR(wide[i], narrow[i], 1e-5) << i;
}

}  // namespace
}  // namespace caffe4j
