#include "caffe4j/sigmoid_cross_entropy_loss.h"

#include <cmath>

#include "test_util.h"

namespace caffe4j {
namespace {

TEST(SigmoidCrossEntropyLoss, AgreesWithTheDefinition) {
  constexpr int64_t kCount = 10001;
  auto x = random_values(kCount, 1, -9, 9), t = random_values(kCount, 2, 0, 1);
  x[0] = 80;
  x[1] = -80;
  for (size_t i = 0; i < t.size(); i += 5) t[i] = 3.5f;  // cut to 3
  for (bool ignore : {false, true}) {
    double loss = 0;
    std::vector<double> dx(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      if (ignore && int(t[i]) == 3) continue;
      const double v = x[i];
      loss += std::max(v, 0.0) - v * t[i] + std::log1p(std::exp(-std::abs(v)));
      dx[i] = 0.5 * (1 / (1 + std::exp(-v)) - t[i]);
    }
    ContextPtr context = make_context(2);
    TensorPtr score = make_tensor(context.get(), {kCount}, x), target = make_tensor(context.get(), {kCount}, t);
    TensorPtr diff = make_tensor(context.get(), {kCount});
    EXPECT_NEAR(sigmoid_cross_entropy_loss_forward(score.get(), target.get(), ignore, 3), loss, 1e-5 * std::abs(loss));
    sigmoid_cross_entropy_loss_backward(score.get(), target.get(), diff.get(), ignore, 3, 0.5f);
    expect_close(values_of(diff.get()), dx, 1e-6);
  }
}

TEST(SigmoidCrossEntropyLoss, RefusesDifferentCounts) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {4}), t = make_tensor(context.get(), {5});
  EXPECT_THROW(sigmoid_cross_entropy_loss_forward(x.get(), t.get(), false, 0), std::exception);
  EXPECT_THROW(sigmoid_cross_entropy_loss_backward(x.get(), x.get(), t.get(), false, 0, 1), std::exception);
}

}  // namespace
}  // namespace caffe4j
