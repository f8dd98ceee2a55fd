#include "caffe4j/hinge_loss.h"

#include <cmath>

#include "test_util.h"

namespace caffe4j {
namespace {

TEST(HingeLoss, SumsAndGradients) {
  constexpr int64_t kItems = 90, kClasses = 110;
  ContextPtr context = make_context(2);
  const auto s = random_values(kItems * kClasses, 1, -3, 3);
  std::vector<float> labels(kItems);
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = float(i * 7 % kClasses);
  TensorPtr score = make_tensor(context.get(), {kItems, kClasses}, s), label = make_tensor(context.get(), {kItems}, labels);
  TensorPtr dx = make_tensor(context.get(), {kItems, kClasses});
  for (bool squared : {false, true}) {
    double expected = 0;
    std::vector<double> gradient(s.size());
    for (size_t i = 0; i < s.size(); ++i) {
      const double y = labels[i / kClasses] == float(i % kClasses) ? 1 : -1, v = std::max(0.0, 1 - y * double(s[i]));
      expected += squared ? v * v : v;
      gradient[i] = -0.25 * y * (squared ? 2 * v : v > 0 ? 1 : 0);
    }
    EXPECT_NEAR(hinge_loss_forward(score.get(), label.get(), kItems, kClasses, squared), expected, 1e-6 * expected);
    hinge_loss_backward(score.get(), label.get(), dx.get(), kItems, kClasses, squared, 0.25f);
    expect_close(values_of(dx.get()), gradient, 1e-6);
  }
}

TEST(HingeLoss, KeepsWhatIsNoNumber) {
  ContextPtr context = make_context(1);
  TensorPtr score = make_tensor(context.get(), {1, 2}, {NAN, 0}), label = make_tensor(context.get(), {1}, {0}), dx = make_tensor(context.get(), {1, 2});
  EXPECT_TRUE(std::isnan(hinge_loss_forward(score.get(), label.get(), 1, 2, false)));
  hinge_loss_backward(score.get(), label.get(), dx.get(), 1, 2, false, 1);
  EXPECT_TRUE(std::isnan(values_of(dx.get())[0]));
}

TEST(HingeLoss, RefusesLabelsThatAreNoClass) {
  ContextPtr context = make_context(1);
  TensorPtr score = make_tensor(context.get(), {1, 2}, {0.5, 0.5});
  for (float bad : {2.0f, -1.0f, 1e30f, NAN}) {
    TensorPtr label = make_tensor(context.get(), {1}, {bad});
    EXPECT_NE(error_of([&] { hinge_loss_forward(score.get(), label.get(), 1, 2, true); }).find("of item 0 is not a class"), std::string::npos) << bad;
  }
}

}  // namespace
}  // namespace caffe4j
