#include "caffe4j/mvn.h"

#include <cmath>

#include "test_util.h"

namespace caffe4j {
namespace {

TEST(Mvn, AgreesWithTheDefinition) {
  constexpr int64_t kRows = 3, kSize = 700;
  const auto x = random_values(kRows * kSize, 1, -1, 4), dy = random_values(kRows * kSize, 2);
  for (bool variance : {true, false}) {
    std::vector<double> y(x.size()), dx(x.size());
    for (size_t r = 0; r < kRows; ++r) {
      double mean = 0, square = 0, mean_dy = 0, dot = 0;
      for (size_t i = r * kSize; i < (r + 1) * kSize; ++i) mean += x[i] / double(kSize);
      for (size_t i = r * kSize; i < (r + 1) * kSize; ++i) square += std::pow(x[i] - mean, 2) / double(kSize);
      const double deviation = variance ? std::sqrt(square) + 0.1 : 1;
      for (size_t i = r * kSize; i < (r + 1) * kSize; ++i) {
        y[i] = (x[i] - mean) / deviation;
        mean_dy += dy[i] / double(kSize);
        dot += dy[i] * y[i] / double(kSize);
      }
      for (size_t i = r * kSize; i < (r + 1) * kSize; ++i) dx[i] = (dy[i] - mean_dy - (variance ? y[i] * dot : 0)) / deviation;
    }
    ContextPtr context = make_context(2);
    TensorPtr bottom = make_tensor(context.get(), {kRows, kSize}, x), top = make_tensor(context.get(), {kRows, kSize});
    TensorPtr diff = make_tensor(context.get(), {kRows, kSize}, dy), deviation = make_tensor(context.get(), {kRows});
    mvn_forward(bottom.get(), top.get(), deviation.get(), kRows, variance, 0.1f);
    expect_close(values_of(top.get()), y, 1e-6);
    mvn_backward(top.get(), diff.get(), diff.get(), deviation.get(), kRows, variance);
    expect_close(values_of(diff.get()), dx, 1e-6);
    mvn_forward(bottom.get(), bottom.get(), deviation.get(), kRows, variance, 0.1f);
    expect_close(values_of(bottom.get()), y, 1e-6);
  }
}

TEST(Mvn, RefusesUnequalParts) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {7}), d = make_tensor(context.get(), {2});
  EXPECT_THROW(mvn_forward(x.get(), x.get(), d.get(), 2, true, 0), std::exception);
  EXPECT_THROW(mvn_forward(x.get(), x.get(), d.get(), 7, true, 0), std::exception);
}

}  // namespace
}  // namespace caffe4j
