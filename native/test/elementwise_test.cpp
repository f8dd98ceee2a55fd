#include "caffe4j/elementwise.h"

#include <cmath>
#include <functional>
#include <limits>

#include "test_util.h"

namespace caffe4j {
namespace {

struct Function {
  const char* name;
  int id;
  float a, b, c;
  float low, high;
  std::function<double(double)> f;
  std::function<double(double)> gradient;
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

const Function kFunctions[] = {
    {"sigmoid", ELEMENTWISE_SIGMOID, 0, 0, 0, -6, 6, sigmoid, [](double x) { return sigmoid(x) * (1 - sigmoid(x)); }},
    {"tanh", ELEMENTWISE_TANH, 0, 0, 0, -4, 4, [](double x) { return std::tanh(x); },
     [](double x) { return 1 - std::tanh(x) * std::tanh(x); }},
    {"absval", ELEMENTWISE_ABSVAL, 0, 0, 0, -2, 2, [](double x) { return std::fabs(x); }, [](double x) { return x > 0 ? 1 : -1; }},
    {"bnll", ELEMENTWISE_BNLL, 0, 0, 0, -30, 30, [](double x) { return std::log1p(std::exp(-std::fabs(x))) + std::fmax(x, 0); }, sigmoid},
    {"clip", ELEMENTWISE_CLIP, -0.5f, 0.75f, 0, -2, 2, [](double x) { return std::fmin(std::fmax(x, -0.5), 0.75); },
     [](double x) { return x >= -0.5 && x <= 0.75 ? 1 : 0; }},
    {"elu", ELEMENTWISE_ELU, 0.7f, 0, 0, -3, 3, [](double x) { return x > 0 ? x : 0.7 * (std::exp(x) - 1); },
     [](double x) { return x > 0 ? 1 : 0.7 * std::exp(x); }},
    {"swish", ELEMENTWISE_SWISH, 1.5f, 0, 0, -4, 4, [](double x) { return x * sigmoid(1.5 * x); },
     [](double x) { return sigmoid(1.5 * x) + 1.5 * x * sigmoid(1.5 * x) * (1 - sigmoid(1.5 * x)); }},
    {"exp", ELEMENTWISE_EXP, 0.5f, 2, 0, -3, 3, [](double x) { return 2 * std::exp(0.5 * x); }, [](double x) { return std::exp(0.5 * x); }},
    {"log", ELEMENTWISE_LOG, 2, 0.5f, 3, 0.1f, 5, [](double x) { return 3 * std::log(2 * x + 0.5); },
     [](double x) { return 6 / (2 * x + 0.5); }},
    {"power 1", ELEMENTWISE_POWER, 1, 2, 3, -2, 2, [](double x) { return 3 + 2 * x; }, [](double) { return 2; }},
    {"power 2", ELEMENTWISE_POWER, 2, 0.5f, 1, -2, 2, [](double x) { return (1 + 0.5 * x) * (1 + 0.5 * x); },
     [](double x) { return 1 + 0.5 * x; }},
    {"power 0.5", ELEMENTWISE_POWER, 0.5f, 1, 2.5f, -2, 2, [](double x) { return std::sqrt(2.5 + x); },
     [](double x) { return 0.5 / std::sqrt(2.5 + x); }},
    {"power -1.3", ELEMENTWISE_POWER, -1.3f, 1, 2.5f, -2, 2, [](double x) { return std::pow(2.5 + x, -1.3); },
     [](double x) { return -1.3 * std::pow(2.5 + x, -2.3); }},
    {"power 3", ELEMENTWISE_POWER, 3, 1, 0, -2, 2, [](double x) { return x * x * x; }, [](double x) { return 3 * x * x; }},
    {"power 0", ELEMENTWISE_POWER, 0, 2, 3, -2, 2, [](double) { return 1; }, [](double) { return 0; }},
    {"power of a constant", ELEMENTWISE_POWER, 2, 0, 3, -2, 2, [](double) { return 9; }, [](double) { return 0; }},
};

std::vector<double> mapped(const std::vector<float>& x, const std::function<double(double)>& f) {
  std::vector<double> y;
  for (float v : x) y.push_back(f(double(v)));
  return y;
}

/** 20 channels leave padding in a layout with blocks of 8 or 16. */
const std::vector<int64_t> kDims{3, 20, 13, 17};

TEST(Elementwise, EveryFunctionInEveryLayout) {
  ContextPtr context = make_context(2);
  const int64_t count = 3 * 20 * 13 * 17;
  const std::vector<float> weights = random_values(count, 7);
  for (const Function& function : kFunctions) {
    const std::vector<float> values = random_values(count, 3, function.low, function.high);
    for (int layout = 0; layout < 3; ++layout) {
      SCOPED_TRACE(std::string(function.name) + " in layout " + std::to_string(layout));
      TensorPtr x = make_in_layout(context.get(), kDims, values, layout);
      EXPECT_EQ(tensor_is_blocked(x.get()), layout != 0 && has_blocked_layouts());
      TensorPtr y = make_tensor(context.get(), kDims);
      TensorPtr dy = make_in_layout(context.get(), kDims, weights, layout);
      TensorPtr dx = make_tensor(context.get(), kDims);
      elementwise_forward(function.id, x.get(), y.get(), function.a, function.b, function.c);
      elementwise_backward(function.id, x.get(), y.get(), dy.get(), dx.get(), function.a, function.b, function.c);
      expect_close(values_of(y.get()), mapped(values, function.f), 1e-6);
      std::vector<double> expected = mapped(values, function.gradient);
      for (size_t i = 0; i < expected.size(); ++i) expected[i] *= weights[i];
      expect_close(values_of(dx.get()), expected, 2e-6);
      elementwise_backward(function.id, x.get(), y.get(), dy.get(), dy.get(), function.a, function.b, function.c);
      expect_close(values_of(dy.get()), expected, 2e-6);
      elementwise_forward(function.id, x.get(), x.get(), function.a, function.b, function.c);
      expect_close(values_of(x.get()), mapped(values, function.f), 1e-6);
    }
  }
}

TEST(Elementwise, PaddingOfABlockedLayoutStaysZero) {
  // A convolution sums over all channels that the layout has, padding included.
  ContextPtr context = make_context(2);
  TensorPtr x = make_blocked(context.get(), {1, 20, 4, 4}, std::vector<float>(320, 0.f), false);
  TensorPtr y = make_tensor(context.get(), {1, 20, 4, 4});
  elementwise_forward(ELEMENTWISE_SIGMOID, x.get(), y.get(), 0, 0, 0);
  EXPECT_EQ(tensor_sumsq(y.get()), 320 * 0.25);
  EXPECT_FALSE(tensor_is_blocked(y.get()));
  elementwise_forward(ELEMENTWISE_TANH, x.get(), y.get(), 0, 0, 0);
  EXPECT_EQ(tensor_is_blocked(y.get()), has_blocked_layouts());
}

TEST(Elementwise, SpecialValues) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  ContextPtr context = make_context(1);
  const auto f = [&](int id, std::vector<float> x, float a, float b, float c) {
    TensorPtr t = make_tensor(context.get(), {int64_t(x.size())}, x);
    elementwise_forward(id, t.get(), t.get(), a, b, c);
    return values_of(t.get());
  };
  const std::vector<float> ends{-kInfinity, -1000, 1000, kInfinity, -100, 100, 0, -0.f};
  EXPECT_EQ(f(ELEMENTWISE_SIGMOID, {-kInfinity, -1000, 1000, kInfinity, 0, -0.f, 50, 60}, 0, 0, 0),
            (std::vector<float>{0, 0, 1, 1, 0.5, 0.5, 1, 1}));
  EXPECT_EQ(f(ELEMENTWISE_TANH, ends, 0, 0, 0), (std::vector<float>{-1, -1, 1, 1, -1, 1, 0, 0}));
  EXPECT_EQ(f(ELEMENTWISE_BNLL, {-1000, 1000}, 0, 0, 0), (std::vector<float>{0, 1000}));
  EXPECT_EQ(f(ELEMENTWISE_POWER, {-2, -1, 0, 3, 4, 5, 6, 7}, 3, 1, 0), (std::vector<float>{-8, -1, 0, 27, 64, 125, 216, 343}));
  const std::vector<float> logs = f(ELEMENTWISE_LOG, {0, -1, 1, kInfinity, 1, 1, 1, 1}, 1, 0, 1);
  EXPECT_EQ(logs[0], -kInfinity);
  EXPECT_TRUE(std::isnan(logs[1]));
  EXPECT_EQ(logs[2], 0);
  EXPECT_EQ(logs[3], kInfinity);
  EXPECT_EQ(f(ELEMENTWISE_THRESHOLD, {-1, 0.25, 0.5, 1}, 0.25f, 0, 0), (std::vector<float>{0, 0, 1, 1}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (int id : {ELEMENTWISE_SIGMOID, ELEMENTWISE_TANH, ELEMENTWISE_ELU, ELEMENTWISE_EXP}) {
    for (float v : f(id, std::vector<float>(9, nan), 1, 1, 1)) EXPECT_TRUE(std::isnan(v)) << id;
  }
}

TEST(Elementwise, GradientsAtTheEdges) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {3}, {0, -1, 1}), y = make_tensor(context.get(), {3}), dx = make_tensor(context.get(), {3});
  TensorPtr dy = make_tensor(context.get(), {3}, {2, 2, 2});
  elementwise_backward(ELEMENTWISE_ABSVAL, x.get(), y.get(), dy.get(), dx.get(), 0, 0, 0);
  EXPECT_EQ(values_of(dx.get()), (std::vector<float>{0, -2, 2}));
  elementwise_backward(ELEMENTWISE_CLIP, x.get(), y.get(), dy.get(), dx.get(), -1, 1, 0);
  EXPECT_EQ(values_of(dx.get()), (std::vector<float>{2, 2, 2}));
}

TEST(Elementwise, RefusesWhatDoesNotExist) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {4}), y = make_tensor(context.get(), {5});
  EXPECT_THROW(elementwise_forward(ELEMENTWISE_TANH, x.get(), y.get(), 0, 0, 0), std::exception);
  EXPECT_THROW(elementwise_forward(0, x.get(), x.get(), 0, 0, 0), std::exception);
  EXPECT_THROW(elementwise_backward(ELEMENTWISE_THRESHOLD, x.get(), x.get(), x.get(), x.get(), 0, 0, 0), std::exception);
  EXPECT_THROW(elementwise_forward(ELEMENTWISE_TANH, nullptr, x.get(), 0, 0, 0), std::exception);
}

}  // namespace
}  // namespace caffe4j
