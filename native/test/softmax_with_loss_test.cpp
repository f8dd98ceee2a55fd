#include "caffe4j/softmax_with_loss.h"

#include <cmath>

#include "test_util.h"

namespace caffe4j {
namespace {

TEST(SoftmaxWithLoss, SumsAndGradientsOfAMap) {
  constexpr int64_t kOuter = 2, kChannels = 3, kInner = 300;
  ContextPtr context = make_context(2);
  const auto p = random_values(kOuter * kChannels * kInner, 1, 0.01f, 1);
  std::vector<float> labels(size_t(kOuter * kInner));
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = i % 7 == 0 ? 9 : float(i % 3);
  TensorPtr probability = make_tensor(context.get(), {kOuter, kChannels, kInner}, p);
  TensorPtr label = make_tensor(context.get(), {kOuter, kInner}, labels);
  TensorPtr dx = make_tensor(context.get(), {kOuter, kChannels, kInner});
  double expected = 0;
  std::vector<double> gradient(p.size());
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == 9) continue;
    for (size_t c = 0; c < kChannels; ++c) {
      const size_t at = (i / kInner * kChannels + c) * kInner + i % kInner;
      const bool own = c == size_t(labels[i]);
      gradient[at] = 0.25 * (double(p[at]) - (own ? 1 : 0));
      if (own) expected -= std::log(double(p[at]));
    }
  }
  EXPECT_NEAR(softmax_loss_forward(probability.get(), label.get(), kOuter, kChannels, kInner, true, 9), expected, 1e-4 * expected);
  softmax_loss_backward(probability.get(), label.get(), dx.get(), kOuter, kChannels, kInner, true, 9, 0.25f);
  expect_close(values_of(dx.get()), gradient, 1e-6);
}

TEST(SoftmaxWithLoss, ZeroProbabilityCostsTheLargestLoss) {
  ContextPtr context = make_context(1);
  TensorPtr p = make_tensor(context.get(), {1, 2}, {0, 1}), label = make_tensor(context.get(), {1}, {0});
  EXPECT_NEAR(softmax_loss_forward(p.get(), label.get(), 1, 2, 1, false, 0), 87.3365, 1e-3);
}

TEST(SoftmaxWithLoss, RefusesLabelsThatAreNoClass) {
  ContextPtr context = make_context(1);
  TensorPtr p = make_tensor(context.get(), {1, 2}, {0.5, 0.5}), dx = make_tensor(context.get(), {1, 2});
  for (float bad : {2.0f, -1.0f, 1e30f, NAN}) {
    TensorPtr label = make_tensor(context.get(), {1}, {bad});
    EXPECT_THROW(softmax_loss_forward(p.get(), label.get(), 1, 2, 1, false, 0), std::exception) << bad;
    if (on_gpu()) {
      softmax_loss_backward(p.get(), label.get(), dx.get(), 1, 2, 1, false, 0, 1);
      EXPECT_EQ(values_of(dx.get()), (std::vector<float>{0, 0})) << bad;
    } else {
      EXPECT_THROW(softmax_loss_backward(p.get(), label.get(), dx.get(), 1, 2, 1, false, 0, 1), std::exception) << bad;
    }
  }
}

}  // namespace
}  // namespace caffe4j
