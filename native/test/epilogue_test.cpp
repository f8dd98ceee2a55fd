// What is fused behind an operation: the formulas, one after another, and behind convolutions what these give apart from it.
#include "caffe4j/epilogue.h"

#include <cmath>
#include <functional>
#include <memory>

#include "caffe4j/convolution.h"
#include "caffe4j/elementwise.h"
#include "caffe4j/plan.h"
#include "test_util.h"

namespace caffe4j {
namespace {

struct EpilogueDeleter {
  void operator()(Epilogue* e) const { epilogue_destroy(e); }
};
using EpiloguePtr = std::unique_ptr<Epilogue, EpilogueDeleter>;

struct ConvolutionDeleter {
  void operator()(Convolution* c) const { convolution_destroy(c); }
};

class EpilogueTest : public testing::Test {
 protected:
  TensorPtr tensor(const std::vector<int64_t>& dims, unsigned seed) {
    int64_t count = 1;
    for (int64_t d : dims) count *= d;
    return make_tensor(context.get(), dims, random_values(count, seed, -2, 2));
  }

  ContextPtr context = make_context(2);
};

TEST_F(EpilogueTest, ActivationsFollowScaleAndShift) {
  struct {
    int function;
    float a, b, c;
    std::function<double(double)> f;
  } const cases[] = {{PLAN_RELU, 0, 0, 0, [](double x) { return std::max(x, 0.0); }},
                     {PLAN_RELU, 0.25f, 0, 0, [](double x) { return x > 0 ? x : 0.25 * x; }},
                     {ELEMENTWISE_SIGMOID, 0, 0, 0, [](double x) { return 1 / (1 + std::exp(-x)); }},
                     {ELEMENTWISE_TANH, 0, 0, 0, [](double x) { return std::tanh(x); }},
                     {ELEMENTWISE_ABSVAL, 0, 0, 0, [](double x) { return std::abs(x); }},
                     {ELEMENTWISE_CLIP, -0.5f, 1, 0, [](double x) { return std::min(std::max(x, -0.5), 1.0); }},
                     {ELEMENTWISE_ELU, 0.5f, 0, 0, [](double x) { return x > 0 ? x : 0.5 * (std::exp(x) - 1); }},
                     {ELEMENTWISE_SWISH, 2, 0, 0, [](double x) { return x / (1 + std::exp(-2 * x)); }},
                     {ELEMENTWISE_BNLL, 0, 0, 0, [](double x) { return std::log1p(std::exp(x)); }},
                     {ELEMENTWISE_EXP, 0.5f, 3, 0, [](double x) { return 3 * std::exp(0.5 * x); }},
                     {ELEMENTWISE_LOG, 1, 7, 2, [](double x) { return 2 * std::log(x + 7); }},
                     {ELEMENTWISE_POWER, 2, 1, 0.5f, [](double x) { return (0.5 + x) * (0.5 + x); }},
                     {ELEMENTWISE_POWER, 0.5f, 1, 7, [](double x) { return std::sqrt(7 + x); }},
                     {ELEMENTWISE_POWER, -1, 1, 7, [](double x) { return 1 / (7 + x); }},
                     {ELEMENTWISE_POWER, 1, -3, 0.5f, [](double x) { return 0.5 - 3 * x; }}};
  for (const auto& dims : std::vector<std::vector<int64_t>>{{2, 5, 3, 4}, {3, 7}, {1, 1, 6}}) {
    const TensorPtr x = tensor(dims, 1), scale = tensor({dims[1]}, 2), shift = tensor({dims[1]}, 3), y = make_tensor(context.get(), dims);
    const std::vector<float> from = values_of(x.get()), factors = values_of(scale.get()), shifts = values_of(shift.get());
    const size_t inner = from.size() / size_t(dims[0] * dims[1]);
    for (const auto& c : cases) {
      SCOPED_TRACE(c.function);
      const EpiloguePtr epilogue(epilogue_create());
      epilogue_add_activation(epilogue.get(), c.function, c.a, c.b, c.c);
      std::vector<double> expected;
      for (size_t i = 0; i < from.size(); ++i) {
        const size_t channel = i / inner % size_t(dims[1]);
        expected.push_back(c.f(double(factors[channel]) * double(from[i]) + double(shifts[channel])));
      }
      epilogue_forward(epilogue.get(), x.get(), scale.get(), shift.get(), y.get());
      expect_close(values_of(y.get()), expected, 1e-6);
    }
  }
}

TEST_F(EpilogueTest, RunsWhatItWasGivenInItsOrder) {
  const std::vector<int64_t> dims{2, 3, 2, 2};
  const TensorPtr x = tensor(dims, 1), first = tensor(dims, 2), second = tensor(dims, 3), slopes = tensor({3}, 4), one = tensor({1}, 5);
  const std::vector<float> a = values_of(x.get()), b = values_of(first.get()), c = values_of(second.get()), s = values_of(slopes.get());
  const double shared = double(values_of(one.get())[0]);
  const auto relu = [](double v, double slope) { return v > 0 ? v : slope * v; };
  const EpiloguePtr epilogue(epilogue_create());
  epilogue_add_prelu(epilogue.get(), slopes.get());
  epilogue_add_sum(epilogue.get(), first.get(), -2);
  epilogue_add_activation(epilogue.get(), ELEMENTWISE_TANH, 0, 0, 0);
  epilogue_add_prelu(epilogue.get(), one.get());
  epilogue_add_sum(epilogue.get(), second.get(), 1);
  std::vector<double> expected;
  for (size_t i = 0; i < a.size(); ++i) {
    const double v = std::tanh(relu(double(a[i]), double(s[i / 4 % 3])) - 2 * double(b[i]));
    expected.push_back(relu(v, shared) + double(c[i]));
  }
  epilogue_forward(epilogue.get(), x.get(), nullptr, nullptr, x.get());
  expect_close(values_of(x.get()), expected, 1e-6);
}

TEST_F(EpilogueTest, WithoutAnythingItCopiesAndWithoutChannelsItTakesAnyShape) {
  const EpiloguePtr nothing(epilogue_create()), sum(epilogue_create());
  const TensorPtr x = tensor({7}, 1), z = tensor({7}, 2), y = make_tensor(context.get(), {7}), none = make_tensor(context.get(), {0, 3});
  epilogue_forward(nothing.get(), x.get(), nullptr, nullptr, y.get());
  EXPECT_EQ(values_of(x.get()), values_of(y.get()));
  epilogue_add_sum(sum.get(), z.get(), 1);
  epilogue_forward(sum.get(), x.get(), nullptr, nullptr, z.get());  // in the summand's place
  for (size_t i = 0; i < 7; ++i) EXPECT_EQ(values_of(z.get())[i], values_of(x.get())[i] + random_values(7, 2, -2, 2)[i]);
  epilogue_forward(nothing.get(), none.get(), nullptr, nullptr, none.get());
}

TEST_F(EpilogueTest, BehindAConvolutionItGivesWhatItGivesApart) {
  struct Case {
    int engine;
    int64_t channels, outputs, group;
    bool bias, sum, relu;
    const char* by_cudnn;  // what the emulated one takes; which algorithms a real one has, and what it fuses, differs
  };
  for (const Case& c : {Case{ENGINE_DEFAULT, 4, 6, 1, true, false, true, "cudnn:1 with ReLU"}, Case{ENGINE_DEFAULT, 4, 6, 1, true, true, true, "cudnn:1 with ReLU"},
                        Case{ENGINE_DEFAULT, 4, 6, 2, true, true, true, "cudnn:1"}, Case{ENGINE_DEFAULT, 4, 6, 1, false, true, true, "cudnn:1"},
                        Case{ENGINE_DEFAULT, 4, 6, 1, true, true, false, "cudnn:1"}, Case{ENGINE_CAFFE, 4, 6, 1, true, true, true, "im2col"}}) {
    SCOPED_TRACE(testing::Message() << c.engine << " group " << c.group << (c.bias ? " bias" : "") << (c.sum ? " sum" : "") << (c.relu ? " relu" : ""));
    const int64_t kernel[] = {3, 3}, one[] = {1, 1};
    const std::unique_ptr<Convolution, ConvolutionDeleter> op(
        convolution_create(context.get(), c.engine, c.channels, c.outputs, c.group, kernel, one, one, one, 2, true));
    const std::vector<int64_t> dims{2, c.outputs, 5, 5};
    const TensorPtr x = tensor({2, c.channels, 5, 5}, 1), w = tensor({c.outputs, c.channels / c.group, 3, 3}, 2), z = tensor(dims, 4),
                    y = make_tensor(context.get(), dims), apart = make_tensor(context.get(), dims);
    const TensorPtr bias = c.bias ? tensor({c.outputs}, 3) : nullptr;
    const EpiloguePtr epilogue(epilogue_create());
    if (c.sum) epilogue_add_sum(epilogue.get(), z.get(), 0.5f);
    if (c.relu) epilogue_add_activation(epilogue.get(), PLAN_RELU, 0, 0, 0);
    for (int run = 0; run < 2; ++run) {
      convolution_forward_fused(op.get(), x.get(), w.get(), bias.get(), epilogue.get(), y.get());
      const std::string implementation = convolution_implementation(op.get());
      if (implementation.rfind("cudnn:", 0) == 0) {
        if (on_emulated_gpu()) {
          EXPECT_EQ(c.by_cudnn, implementation);
        } else if (!c.bias || !c.relu) {
          EXPECT_EQ(implementation.find("ReLU"), std::string::npos) << implementation;
        }
      }
    }
    convolution_forward(op.get(), x.get(), w.get(), bias.get(), apart.get());
    epilogue_forward(epilogue.get(), apart.get(), nullptr, nullptr, apart.get());
    const std::vector<float> expected = values_of(apart.get());
    expect_close(values_of(y.get()), std::vector<double>(expected.begin(), expected.end()), 1e-6);
  }
}

TEST_F(EpilogueTest, TheSummandMayBeTheConvolutionsInput) {
  const int64_t one[] = {1, 1}, zero[] = {0, 0};
  const std::unique_ptr<Convolution, ConvolutionDeleter> op(convolution_create(context.get(), ENGINE_DEFAULT, 2, 2, 1, one, one, zero, one, 2, true));
  const TensorPtr x = make_tensor(context.get(), {1, 2, 1, 2}, {1, 2, 3, -4}), w = make_tensor(context.get(), {2, 2, 1, 1}, {1, 0, 1, 1}),
                  bias = make_tensor(context.get(), {2}, {-3, 1}), y = make_tensor(context.get(), {1, 2, 1, 2});
  const EpiloguePtr epilogue(epilogue_create());
  epilogue_add_sum(epilogue.get(), x.get(), 1);
  epilogue_add_activation(epilogue.get(), PLAN_RELU, 0, 0, 0);
  convolution_forward_fused(op.get(), x.get(), w.get(), bias.get(), epilogue.get(), y.get());
  EXPECT_EQ(values_of(y.get()), (std::vector<float>{0, 1, 8, 0}));
}

TEST_F(EpilogueTest, WhatDoesNotFitIsRefused) {
  const EpiloguePtr epilogue(epilogue_create()), sum(epilogue_create()), slopes(epilogue_create());
  const TensorPtr x = tensor({2, 3, 4}, 1), other = tensor({2, 3, 5}, 2), flat = tensor({24}, 3), two = tensor({2}, 4);
  const auto throws = [](const std::string& kind, const std::function<void()>& call) { EXPECT_EQ(0u, error_of(call).rfind("C4J:" + kind, 0)); };
  throws("UNSUPPORTED", [&] { epilogue_add_activation(epilogue.get(), ELEMENTWISE_THRESHOLD, 0, 0, 0); });
  throws("UNSUPPORTED", [&] { epilogue_add_activation(epilogue.get(), ELEMENTWISE_POWER, 2, 0, 1); });
  throws("INVALID", [&] { epilogue_add_sum(epilogue.get(), nullptr, 1); });
  throws("INVALID", [&] { epilogue_forward(nullptr, x.get(), nullptr, nullptr, x.get()); });
  throws("SHAPE", [&] { epilogue_forward(epilogue.get(), x.get(), nullptr, nullptr, other.get()); });
  throws("SHAPE", [&] { epilogue_forward(epilogue.get(), x.get(), two.get(), nullptr, x.get()); });
  throws("SHAPE", [&] { epilogue_forward(epilogue.get(), flat.get(), two.get(), nullptr, flat.get()); });
  epilogue_add_sum(sum.get(), other.get(), 1);
  throws("SHAPE", [&] { epilogue_forward(sum.get(), x.get(), nullptr, nullptr, x.get()); });
  epilogue_add_prelu(slopes.get(), two.get());
  throws("SHAPE", [&] { epilogue_forward(slopes.get(), x.get(), nullptr, nullptr, x.get()); });
}

}  // namespace
}  // namespace caffe4j
