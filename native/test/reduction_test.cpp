#include "caffe4j/reduction.h"

#include <cmath>

#include "test_util.h"

namespace caffe4j {
namespace {

double term(int operation, double x) { return operation == REDUCTION_SUM ? x : operation == REDUCTION_ASUM ? std::fabs(x) : x * x; }
double derivative(int operation, double x) {
  return operation == REDUCTION_SUM ? 1 : operation == REDUCTION_ASUM ? (x > 0 ? 1 : -1) : 2 * x;
}

TEST(Reduction, ForwardAndBackward) {
  ContextPtr context = make_context(2);
  const std::vector<int64_t> dims{1, 20, 13, 17};
  const int64_t count = 20 * 13 * 17;
  const std::vector<float> values = random_values(count, 1);
  for (int operation : {REDUCTION_SUM, REDUCTION_ASUM, REDUCTION_SUMSQ}) {
    for (const std::vector<int64_t>& out : {std::vector<int64_t>{}, {1, 20}, {1, 20, 13}, dims}) {
      int64_t parts = 1;
      for (int64_t d : out) parts *= d;
      const std::vector<float> weights = random_values(parts, 2);
      std::vector<double> y(static_cast<size_t>(parts)), dx;
      for (size_t i = 0; i < values.size(); ++i) {
        const size_t p = i / size_t(count / parts);
        y[p] += 0.5 * term(operation, double(values[i]));
        dx.push_back(0.5 * derivative(operation, double(values[i])) * double(weights[p]));
      }
      for (int layout = 0; layout < 3; ++layout) {
        SCOPED_TRACE("operation " + std::to_string(operation) + ", parts " + std::to_string(parts) + ", layout " + std::to_string(layout));
        TensorPtr x = make_in_layout(context.get(), dims, values, layout), top = make_tensor(context.get(), out);
        TensorPtr top_diff = make_tensor(context.get(), out, weights), bottom_diff = make_tensor(context.get(), dims);
        reduction_backward(operation, x.get(), top_diff.get(), bottom_diff.get(), 0.5f);
        expect_close(values_of(bottom_diff.get()), dx, 1e-6);
        reduction_forward(operation, x.get(), top.get(), 0.5f);
        expect_close(values_of(top.get()), y, 1e-6);
      }
    }
  }
}

TEST(Reduction, ManyElementsAreSharedByTheThreads) {
  ContextPtr context = make_context(2);
  TensorPtr x = make_tensor(context.get(), {100001}, std::vector<float>(100001, 0.5f)), y = make_tensor(context.get(), {1});
  reduction_forward(REDUCTION_SUM, x.get(), y.get(), 2);
  EXPECT_EQ(values_of(y.get())[0], 100001.f);
}

TEST(Reduction, RefusesWhatDoesNotFit) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {3, 2}), y = make_tensor(context.get(), {4});
  EXPECT_THROW(reduction_forward(REDUCTION_SUM, x.get(), y.get(), 1), std::exception);
  EXPECT_THROW(reduction_forward(4, x.get(), x.get(), 1), std::exception);
}

}  // namespace
}  // namespace caffe4j
