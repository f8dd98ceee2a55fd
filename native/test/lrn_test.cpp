#include "caffe4j/lrn.h"

#include <cmath>

#include "blocked_copy.h"

namespace caffe4j {
namespace {

struct Case {
  int region;
  int64_t channels, height, width, size;
  float alpha, beta, k;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << (c.region == LRN_ACROSS_CHANNELS ? "across " : "within ") << c.channels << "x" << c.height << "x" << c.width << " size " << c.size
       << " alpha " << c.alpha << " beta " << c.beta << " k " << c.k;
}

constexpr int64_t kBatch = 2;

/** Calls f(i, j) for every value i and every value j of its window. */
template <class F>
void for_windows(const Case& c, const F& f) {
  const int64_t half = c.size / 2, plane = c.height * c.width;
  for (int64_t i = 0; i < kBatch * c.channels * plane; ++i) {
    const int64_t channel = i / plane % c.channels, h = i % plane / c.width, w = i % c.width;
    if (c.region == LRN_ACROSS_CHANNELS) {
      for (int64_t d = std::max(-half, -channel); d <= std::min(half, c.channels - 1 - channel); ++d) f(size_t(i), size_t(i + d * plane));
      continue;
    }
    for (int64_t p = std::max(-half, -h); p <= std::min(half, c.height - 1 - h); ++p) {
      for (int64_t q = std::max(-half, -w); q <= std::min(half, c.width - 1 - w); ++q) f(size_t(i), size_t(i + p * c.width + q));
    }
  }
}

class LrnTest : public testing::TestWithParam<Case> {};

TEST_P(LrnTest, AgreesWithTheDefinition) {
  const Case& c = GetParam();
  ContextPtr context = make_context(2);
  const std::vector<int64_t> dims{kBatch, c.channels, c.height, c.width};
  const auto x = random_values(kBatch * c.channels * c.height * c.width, 1, -2, 2), dy = random_values(int64_t(x.size()), 2);
  const double weight = c.region == LRN_ACROSS_CHANNELS ? c.alpha / double(c.size) : c.alpha / double(c.size * c.size);
  std::vector<double> scale(x.size(), c.k), y(x.size()), dx(x.size());
  for_windows(c, [&](size_t i, size_t j) { scale[i] += weight * x[j] * x[j]; });
  for (size_t i = 0; i < x.size(); ++i) {
    y[i] = x[i] * std::pow(scale[i], -double(c.beta));
    dx[i] = dy[i] * std::pow(scale[i], -double(c.beta));
  }
  for_windows(c, [&](size_t i, size_t j) { dx[i] -= 2 * weight * c.beta * x[i] * dy[j] * y[j] / scale[j]; });

  TensorPtr plain_x = make_tensor(context.get(), dims, x), plain_dy = make_tensor(context.get(), dims, dy);
  TensorPtr top = make_tensor(context.get(), dims), bottom_diff = make_tensor(context.get(), dims);
  for (const Layout layout : {Layout::PLAIN, Layout::INFERENCE, Layout::TRAINING}) {
    SCOPED_TRACE(int(layout));
    TensorPtr bottom = copy_as(layout, context.get(), plain_x.get(), dims), top_diff = copy_as(layout, context.get(), plain_dy.get(), dims);
    lrn_forward(bottom.get(), top.get(), c.region, c.size, c.alpha, c.beta, c.k);
    if (c.region == LRN_ACROSS_CHANNELS) {
      EXPECT_EQ(tensor_is_blocked(top.get()), tensor_is_blocked(bottom.get()));
    }
    expect_close(values_of(top.get()), y, 2e-6);
    lrn_backward(bottom.get(), top_diff.get(), bottom_diff.get(), c.region, c.size, c.alpha, c.beta, c.k);
    expect_close(values_of(bottom_diff.get()), dx, 4e-6);
    lrn_forward(bottom.get(), bottom.get(), c.region, c.size, c.alpha, c.beta, c.k);
    expect_close(values_of(bottom.get()), y, 2e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, LrnTest,
                         testing::Values(Case{LRN_ACROSS_CHANNELS, 96, 13, 11, 5, 1e-4f, 0.75f, 1}, Case{LRN_ACROSS_CHANNELS, 20, 7, 9, 5, 0.5f, 0.75f, 2},
                                         Case{LRN_ACROSS_CHANNELS, 64, 5, 5, 5, 0.3f, 0.6f, 1}, Case{LRN_ACROSS_CHANNELS, 16, 3, 3, 5, 0.5f, 0.75f, 1},
                                         Case{LRN_ACROSS_CHANNELS, 16, 10, 10, 3, 0.9f, 0.6f, 1}, Case{LRN_ACROSS_CHANNELS, 8, 1, 1, 9, 1, 0.5f, 1},
                                         Case{LRN_ACROSS_CHANNELS, 5, 3, 67, 99, 1, 1, 1}, Case{LRN_ACROSS_CHANNELS, 24, 6, 1, 1, 1, 0.75f, 1},
                                         Case{LRN_WITHIN_CHANNEL, 16, 13, 11, 3, 0.9f, 0.75f, 1}, Case{LRN_WITHIN_CHANNEL, 3, 9, 30, 5, 2, 0.6f, 1},
                                         Case{LRN_WITHIN_CHANNEL, 2, 4, 3, 9, 1, 0.75f, 1}));

TEST(Lrn, RefusesWhatDoesNotFit) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {1, 2, 3, 4}), flat = make_tensor(context.get(), {24}), other = make_tensor(context.get(), {1, 2, 4, 3});
  EXPECT_THROW(lrn_forward(x.get(), x.get(), LRN_ACROSS_CHANNELS, 4, 1, 1, 1), std::exception);
  EXPECT_THROW(lrn_forward(x.get(), x.get(), 2, 5, 1, 1, 1), std::exception);
  EXPECT_THROW(lrn_forward(x.get(), flat.get(), LRN_ACROSS_CHANNELS, 5, 1, 1, 1), std::exception);
  EXPECT_THROW(lrn_backward(x.get(), other.get(), x.get(), LRN_ACROSS_CHANNELS, 5, 1, 1, 1), std::exception);
}

}  // namespace
}  // namespace caffe4j
