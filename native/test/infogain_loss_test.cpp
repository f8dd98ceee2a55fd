#include "caffe4j/infogain_loss.h"

#include <cmath>

#include "test_util.h"

namespace caffe4j {
namespace {

TEST(InfogainLoss, SumsAndGradientsOfAMap) {
  constexpr int64_t kOuter = 3, kChannels = 5, kInner = 200;
  ContextPtr context = make_context(2);
  auto p = random_values(kOuter * kChannels * kInner, 1, 0.01f, 1);
  p[1] = 0;  // counts as 1e-20
  auto h = random_values(kChannels * kChannels, 2);
  h[3] = 0;
  std::vector<float> labels(size_t(kOuter * kInner));
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = i % 7 == 0 ? 9 : float(i % kChannels);
  double expected = 0;
  std::vector<double> gradient(p.size());
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == 9) continue;
    const size_t row = size_t(labels[i]) * kChannels;
    double sum = 0;
    for (size_t c = 0; c < kChannels; ++c) sum += double(h[row + c]);
    for (size_t c = 0; c < kChannels; ++c) {
      const size_t at = (i / kInner * kChannels + c) * kInner + i % kInner;
      expected -= double(h[row + c]) * std::log(std::max(double(p[at]), 1e-20));
      gradient[at] = 0.25 * (double(p[at]) * sum - double(h[row + c]));
    }
  }
  TensorPtr probability = make_tensor(context.get(), {kOuter, kChannels, kInner}, p), matrix = make_tensor(context.get(), {kChannels, kChannels}, h);
  TensorPtr label = make_tensor(context.get(), {kOuter, kInner}, labels), dx = make_tensor(context.get(), {kOuter, kChannels, kInner});
  EXPECT_NEAR(infogain_loss_forward(probability.get(), label.get(), matrix.get(), kOuter, kChannels, kInner, true, 9), expected,
              1e-5 * std::abs(expected));
  infogain_loss_backward(probability.get(), label.get(), matrix.get(), dx.get(), kOuter, kChannels, kInner, true, 9, 0.25f);
  expect_close(values_of(dx.get()), gradient, 1e-6);
}

TEST(InfogainLoss, RefusesWhatDoesNotFit) {
  ContextPtr context = make_context(1);
  TensorPtr p = make_tensor(context.get(), {1, 2}, {0.5, 0.5}), matrix = make_tensor(context.get(), {2, 2}, {1, 0, 0, 1});
  TensorPtr small = make_tensor(context.get(), {2}, {1, 1});
  for (float bad : {2.0f, -1.0f, 1e30f, NAN}) {
    TensorPtr label = make_tensor(context.get(), {1}, {bad});
    const auto forward = [&] { infogain_loss_forward(p.get(), label.get(), matrix.get(), 1, 2, 1, false, 0); };
    EXPECT_NE(error_of(forward).find("of item 0 is not a class"), std::string::npos) << bad;
  }
  TensorPtr label = make_tensor(context.get(), {1}, {0});
  const auto forward = [&] { infogain_loss_forward(p.get(), label.get(), small.get(), 1, 2, 1, false, 0); };
  EXPECT_NE(error_of(forward).find("the infogain matrix has shape 2 (2)"), std::string::npos);
}

}  // namespace
}  // namespace caffe4j
