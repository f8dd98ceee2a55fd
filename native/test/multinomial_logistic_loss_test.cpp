#include "caffe4j/multinomial_logistic_loss.h"

#include <cmath>

#include "test_util.h"

namespace caffe4j {
namespace {

TEST(MultinomialLogisticLoss, SumsAndGradients) {
  constexpr int64_t kItems = 1100, kClasses = 9;
  ContextPtr context = make_context(2);
  auto p = random_values(kItems * kClasses, 1, 0.01f, 1);
  p[0] = 0;  // counts as 1e-20
  std::vector<float> labels(kItems);
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = float(i % kClasses);
  double expected = 0;
  std::vector<double> gradient(p.size());
  for (size_t i = 0; i < labels.size(); ++i) {
    const size_t own = i * kClasses + i % kClasses;
    const double v = std::max(double(p[own]), 1e-20);
    expected -= std::log(v);
    gradient[own] = -0.25 / v;
  }
  TensorPtr probability = make_tensor(context.get(), {kItems, kClasses}, p), label = make_tensor(context.get(), {kItems}, labels);
  TensorPtr dp = make_tensor(context.get(), {kItems, kClasses});
  EXPECT_NEAR(multinomial_logistic_loss_forward(probability.get(), label.get(), kItems, kClasses), expected, 1e-6 * expected);
  multinomial_logistic_loss_backward(probability.get(), label.get(), dp.get(), kItems, kClasses, 0.25f);
  auto actual = values_of(dp.get());
  EXPECT_NEAR(actual[0] / gradient[0], 1, 1e-6);
  actual[0] = 0;
  gradient[0] = 0;
  expect_close(actual, gradient, 1e-6);
}

TEST(MultinomialLogisticLoss, RefusesLabelsThatAreNoClass) {
  ContextPtr context = make_context(1);
  TensorPtr p = make_tensor(context.get(), {1, 2}, {0.5, 0.5});
  for (float bad : {2.0f, -1.0f, 1e30f, NAN}) {
    TensorPtr label = make_tensor(context.get(), {1}, {bad});
    EXPECT_NE(error_of([&] { multinomial_logistic_loss_forward(p.get(), label.get(), 1, 2); }).find("of item 0 is not a class"), std::string::npos)
        << bad;
  }
}

}  // namespace
}  // namespace caffe4j
