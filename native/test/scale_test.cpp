#include "caffe4j/scale.h"

#include "caffe4j/bias.h"
#include "test_util.h"

namespace caffe4j {
namespace {

struct Case {
  std::vector<int64_t> dims;
  int64_t channels, inner;
};

const Case kCases[] = {
    {{2, 20, 5, 7}, 20, 35}, {{3, 32, 33, 33}, 32, 1089}, {{1, 3, 9, 9}, 3, 81},    {{4, 100}, 100, 1},    {{1, 9000}, 9000, 1},
    {{6, 5, 4}, 30, 4},      {{2, 20, 5, 7}, 35, 1},      {{2, 24, 5, 7}, 1, 1680}, {{2, 24, 70, 7}, 2, 11760}, {{64, 70}, 70, 1},
};

struct Reference {
  std::vector<double> y, dx, dscale, dbias;
};

Reference reference(const Case& c, const std::vector<float>& x, const std::vector<float>& dy, const std::vector<float>& scale,
                    const std::vector<float>& bias) {
  Reference r{{}, {}, std::vector<double>(size_t(c.channels)), std::vector<double>(size_t(c.channels))};
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t channel = i / size_t(c.inner) % size_t(c.channels);
    r.y.push_back(double(x[i]) * scale[channel] + bias[channel]);
    r.dx.push_back(double(dy[i]) * scale[channel]);
    r.dscale[channel] += double(dy[i]) * x[i];
    r.dbias[channel] += double(dy[i]);
  }
  return r;
}

TEST(Scale, ForwardAndBackwardInEveryLayout) {
  ContextPtr context = make_context(2);
  for (const Case& c : kCases) {
    int64_t count = 1;
    for (int64_t d : c.dims) count *= d;
    const auto values = random_values(count, 1), weights = random_values(count, 2), factors = random_values(c.channels, 3),
               shifts = random_values(c.channels, 4);
    const Reference expected = reference(c, values, weights, factors, shifts);
    for (int layout = 0; layout < (c.dims.size() == 4 ? 3 : 1); ++layout) {
      SCOPED_TRACE(std::to_string(c.channels) + " channels of " + std::to_string(c.inner) + " in layout " + std::to_string(layout));
      TensorPtr x = make_in_layout(context.get(), c.dims, values, layout), dy = make_in_layout(context.get(), c.dims, weights, layout);
      TensorPtr y = make_tensor(context.get(), c.dims), dx = make_tensor(context.get(), c.dims);
      TensorPtr scale = make_tensor(context.get(), {c.channels}, factors), bias = make_tensor(context.get(), {c.channels}, shifts);
      TensorPtr dscale = make_tensor(context.get(), {c.channels}), dbias = make_tensor(context.get(), {c.channels});
      tensor_fill(dscale.get(), 0);
      scale_forward(x.get(), scale.get(), bias.get(), y.get(), c.inner);
      expect_close(values_of(y.get()), expected.y, 1e-6);
      scale_backward(dy.get(), scale.get(), dx.get(), c.inner);
      expect_close(values_of(dx.get()), expected.dx, 1e-6);
      scale_backward_scale(x.get(), dy.get(), dscale.get(), c.inner);
      expect_close(values_of(dscale.get()), expected.dscale, 1e-5);
      bias_backward(dy.get(), dbias.get(), c.inner);
      expect_close(values_of(dbias.get()), expected.dbias, 1e-5);
      scale_forward(x.get(), scale.get(), nullptr, x.get(), c.inner);
      bias_forward(x.get(), bias.get(), x.get(), c.inner);
      expect_close(values_of(x.get()), expected.y, 1e-6);
    }
  }
}

TEST(Scale, GradientsAreAdded) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {2, 2}, {1, 2, 3, 4}), dy = make_tensor(context.get(), {2, 2}, {1, 1, 1, 1});
  TensorPtr dscale = make_tensor(context.get(), {2}, {10, 20}), dbias = make_tensor(context.get(), {2}, {10, 20});
  scale_backward_scale(x.get(), dy.get(), dscale.get(), 1);
  bias_backward(dy.get(), dbias.get(), 1);
  EXPECT_EQ(values_of(dscale.get()), (std::vector<float>{14, 26}));
  EXPECT_EQ(values_of(dbias.get()), (std::vector<float>{12, 22}));
}

TEST(Scale, ChannelsStayInTheirLayout) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_blocked(context.get(), {1, 20, 4, 4}, random_values(320, 1), false), y = make_tensor(context.get(), {1, 20, 4, 4});
  TensorPtr scale = make_tensor(context.get(), {20}, random_values(20, 2));
  scale_forward(x.get(), scale.get(), scale.get(), y.get(), 16);
  EXPECT_EQ(tensor_is_blocked(y.get()), has_blocked_layouts());
}

TEST(Scale, EmptyAndMisfitting) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {0, 3, 2}), scale = make_tensor(context.get(), {3}), dscale = make_tensor(context.get(), {3});
  scale_forward(x.get(), scale.get(), scale.get(), x.get(), 2);
  scale_backward_scale(x.get(), x.get(), dscale.get(), 2);
  EXPECT_EQ(values_of(dscale.get()), std::vector<float>(3, 0.f));
  TensorPtr other = make_tensor(context.get(), {5});
  EXPECT_THROW(scale_forward(other.get(), scale.get(), nullptr, other.get(), 1), std::exception);
  EXPECT_THROW(scale_forward(other.get(), other.get(), scale.get(), other.get(), 1), std::exception);
  EXPECT_THROW(bias_forward(other.get(), scale.get(), other.get(), -1), std::exception);
}

}  // namespace
}  // namespace caffe4j
