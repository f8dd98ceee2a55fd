#include "caffe4j/prelu.h"

#include "test_util.h"

namespace caffe4j {
namespace {

TEST(PRelu, ForwardAndBackwardInEveryLayout) {
  ContextPtr context = make_context(2);
  const std::vector<int64_t> dims{2, 20, 9, 11};
  const int64_t count = 2 * 20 * 9 * 11;
  const auto values = random_values(count, 1), weights = random_values(count, 2);
  for (int64_t slopes : {int64_t(20), int64_t(1)}) {
    const auto slope_values = random_values(slopes, 3);
    std::vector<double> y, dx, dslope(static_cast<size_t>(slopes));
    for (size_t i = 0; i < values.size(); ++i) {
      const size_t c = slopes == 1 ? 0 : i / 99 % 20;
      const bool positive = values[i] > 0;
      y.push_back(positive ? values[i] : double(slope_values[c]) * values[i]);
      dx.push_back(positive ? weights[i] : double(slope_values[c]) * weights[i]);
      dslope[c] += positive ? 0 : double(weights[i]) * values[i];
    }
    for (int layout = 0; layout < 3; ++layout) {
      SCOPED_TRACE(std::to_string(slopes) + " slopes in layout " + std::to_string(layout));
      TensorPtr x = make_in_layout(context.get(), dims, values, layout), top_diff = make_in_layout(context.get(), dims, weights, layout);
      TensorPtr slope = make_tensor(context.get(), {slopes}, slope_values), slope_diff = make_tensor(context.get(), {slopes});
      TensorPtr bottom_diff = make_tensor(context.get(), dims);
      prelu_backward(x.get(), top_diff.get(), slope.get(), bottom_diff.get());
      expect_close(values_of(bottom_diff.get()), dx, 1e-6);
      prelu_backward_slope(x.get(), top_diff.get(), slope_diff.get());
      expect_close(values_of(slope_diff.get()), dslope, 1e-5);
      prelu_forward(x.get(), slope.get(), x.get());
      expect_close(values_of(x.get()), y, 1e-6);
    }
  }
}

TEST(PRelu, RefusesSlopesThatDoNotFit) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {2, 4}), slope = make_tensor(context.get(), {2});
  EXPECT_THROW(prelu_forward(x.get(), slope.get(), x.get()), std::exception);
}

}  // namespace
}  // namespace caffe4j
