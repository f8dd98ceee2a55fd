#include "caffe4j/contrastive_loss.h"

#include <algorithm>
#include <cmath>

#include "test_util.h"

namespace caffe4j {
namespace {

class ContrastiveLossTest : public testing::TestWithParam<bool> {};

TEST_P(ContrastiveLossTest, AgainstItsDefinition) {
  const bool legacy = GetParam();
  const int64_t pairs = 70, size = 150;
  const float margin = legacy ? 110 : 10;
  ContextPtr context = make_context(2);
  const std::vector<float> a = random_values(pairs * size, 1), b = random_values(pairs * size, 2);
  std::vector<float> similar(pairs);
  for (size_t n = 0; n < similar.size(); ++n) similar[n] = n % 3 == 0 ? 1.f : n % 3 == 1 ? 0.f : 0.9f;
  TensorPtr x = make_tensor(context.get(), {pairs, size}, a), y = make_tensor(context.get(), {pairs, size}, b);
  TensorPtr s = make_tensor(context.get(), {pairs}, similar), squared = make_tensor(context.get(), {pairs}), dx = make_tensor(context.get(), {pairs, size});
  double loss = 0;
  std::vector<double> gradient(size_t(pairs * size)), distances(similar.size());
  int near = 0, far = 0;
  for (size_t n = 0; n < similar.size(); ++n) {
    double sum = 0;
    for (size_t i = n * size; i < (n + 1) * size; ++i) sum += std::pow(double(a[i]) - b[i], 2);
    distances[n] = sum;
    double factor = 1;
    if (int(similar[n]) != 0) {
      loss += sum;
    } else {
      const double missing = std::max(margin - (legacy ? sum : std::sqrt(sum)), 0.0);
      (missing > 0 ? near : far)++;
      loss += legacy ? missing : missing * missing;
      factor = missing == 0 ? 0 : legacy ? -1 : -missing / (std::sqrt(sum) + 1e-4);
    }
    for (size_t i = n * size; i < (n + 1) * size; ++i) gradient[i] = 0.5 * factor * (double(a[i]) - b[i]);
  }
  ASSERT_GT(near, 0);
  ASSERT_GT(far, 0);
  EXPECT_NEAR(contrastive_loss_forward(x.get(), y.get(), s.get(), squared.get(), margin, legacy), loss, 1e-5 * loss);
  expect_close(values_of(squared.get()), distances, 1e-6);
  contrastive_loss_backward(x.get(), y.get(), s.get(), squared.get(), dx.get(), margin, legacy, 0.5f);
  expect_close(values_of(dx.get()), gradient, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Forms, ContrastiveLossTest, testing::Bool());

TEST(ContrastiveLoss, RefusesWhatDoesNotFit) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {3, 2}), y = make_tensor(context.get(), {2, 2}), s = make_tensor(context.get(), {3}),
            four = make_tensor(context.get(), {4}), none = make_tensor(context.get(), {0}), no_rows = make_tensor(context.get(), {0, 2});
  EXPECT_THROW(contrastive_loss_forward(x.get(), y.get(), s.get(), s.get(), 1, false), std::exception);
  EXPECT_THROW(contrastive_loss_forward(x.get(), x.get(), four.get(), four.get(), 1, false), std::exception);
  EXPECT_THROW(contrastive_loss_forward(x.get(), x.get(), s.get(), four.get(), 1, false), std::exception);
  EXPECT_THROW(contrastive_loss_backward(x.get(), x.get(), s.get(), s.get(), y.get(), 1, false, 1), std::exception);
  EXPECT_EQ(contrastive_loss_forward(no_rows.get(), no_rows.get(), none.get(), none.get(), 1, false), 0);
}

}  // namespace
}  // namespace caffe4j
