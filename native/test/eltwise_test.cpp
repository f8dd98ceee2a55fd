#include "caffe4j/eltwise.h"

#include <cmath>
#include <numeric>

#include "test_util.h"

namespace caffe4j {
namespace {

const std::vector<int64_t> kDims{2, 20, 5, 9};
constexpr int64_t kCount = 2 * 20 * 5 * 9;

struct Inputs {
  std::vector<std::vector<float>> values;
  std::vector<TensorPtr> tensors;
  std::vector<Tensor*> handles;
};

Inputs make_inputs(Context* context, int count, int layout) {
  Inputs inputs;
  for (int k = 0; k < count; ++k) {
    std::vector<float> values = random_values(kCount, unsigned(10 + k));
    for (float& v : values) v = std::round(v * 4) / 4;  // many ties
    inputs.tensors.push_back(make_in_layout(context, kDims, values, layout));
    inputs.handles.push_back(inputs.tensors.back().get());
    inputs.values.push_back(std::move(values));
  }
  return inputs;
}

size_t winner(const Inputs& in, size_t i) {
  size_t best = in.values[0][i] > in.values[1][i] ? 0 : 1;
  for (size_t k = 2; k < in.values.size(); ++k) best = in.values[k][i] > in.values[best][i] ? k : best;
  return best;
}

TEST(Eltwise, AllOperationsInEveryLayout) {
  ContextPtr context = make_context(2);
  const std::vector<float> weights = random_values(kCount, 5), coeff = random_values(11, 6);
  for (int layout = 0; layout < 3; ++layout) {
    for (int count : {2, 3, 4, 5, 8, 11}) {
      SCOPED_TRACE(std::to_string(count) + " inputs in layout " + std::to_string(layout));
      Inputs in = make_inputs(context.get(), count, layout);
      TensorPtr y = make_tensor(context.get(), kDims), dy = make_in_layout(context.get(), kDims, weights, layout);
      TensorPtr dx = make_tensor(context.get(), kDims);
      std::vector<double> sum(kCount), weighted(kCount), product(kCount, 1), largest(kCount);
      for (size_t i = 0; i < size_t(kCount); ++i) {
        for (size_t k = 0; k < size_t(count); ++k) {
          sum[i] += double(in.values[k][i]);
          weighted[i] += double(coeff[k]) * in.values[k][i];
          product[i] *= double(in.values[k][i]);
        }
        largest[i] = double(in.values[winner(in, i)][i]);
      }
      eltwise_sum(in.handles.data(), count, nullptr, y.get());
      expect_close(values_of(y.get()), sum, 1e-6);
      eltwise_sum(in.handles.data(), count, coeff.data(), y.get());
      expect_close(values_of(y.get()), weighted, 1e-6);
      eltwise_max(in.handles.data(), count, y.get());
      expect_close(values_of(y.get()), largest, 0);
      eltwise_product(in.handles.data(), count, y.get());
      expect_close(values_of(y.get()), product, 1e-6);
      for (int k = 0; k < count; ++k) {
        std::vector<double> others(kCount), won(kCount);
        for (size_t i = 0; i < size_t(kCount); ++i) {
          others[i] = double(weights[i]);
          for (size_t j = 0; j < size_t(count); ++j) others[i] *= int(j) == k ? 1 : double(in.values[j][i]);
          won[i] = int(winner(in, i)) == k ? double(weights[i]) : 0;
        }
        eltwise_product_backward(in.handles.data(), count, y.get(), dy.get(), k, true, dx.get());
        expect_close(values_of(dx.get()), others, 1e-6);
        eltwise_max_backward(in.handles.data(), count, dy.get(), k, dx.get());
        expect_close(values_of(dx.get()), won, 0);
      }
      eltwise_sum(in.handles.data(), count, coeff.data(), in.handles[0]);
      expect_close(values_of(in.handles[0]), weighted, 1e-6);
    }
  }
}

TEST(Eltwise, ProductGradientByDivision) {
  ContextPtr context = make_context(1);
  TensorPtr a = make_tensor(context.get(), {3}, {2, 4, 0}), b = make_tensor(context.get(), {3}, {3, 5, 7});
  TensorPtr y = make_tensor(context.get(), {3}), dy = make_tensor(context.get(), {3}, {1, 2, 1}), dx = make_tensor(context.get(), {3});
  Tensor* inputs[] = {a.get(), b.get()};
  eltwise_product(inputs, 2, y.get());
  eltwise_product_backward(inputs, 2, y.get(), dy.get(), 0, false, dx.get());
  EXPECT_EQ(values_of(dx.get())[0], 3);
  EXPECT_EQ(values_of(dx.get())[1], 10);
  EXPECT_TRUE(std::isnan(values_of(dx.get())[2]));
}

TEST(Eltwise, OneInputIsCopiedWithItsCoefficient) {
  ContextPtr context = make_context(1);
  TensorPtr a = make_tensor(context.get(), {3}, {1, 2, 3}), y = make_tensor(context.get(), {3});
  eltwise_sum_backward(a.get(), -2, y.get());
  EXPECT_EQ(values_of(y.get()), (std::vector<float>{-2, -4, -6}));
}

TEST(Eltwise, MixedLayoutsAndLayoutOfTheFirst) {
  ContextPtr context = make_context(2);
  const auto u = random_values(kCount, 1), v = random_values(kCount, 2);
  TensorPtr a = make_in_layout(context.get(), kDims, u, 1), b = make_in_layout(context.get(), kDims, v, 2),
            y = make_tensor(context.get(), kDims);
  Tensor* inputs[] = {a.get(), b.get()};
  eltwise_sum(inputs, 2, nullptr, y.get());
  EXPECT_EQ(tensor_is_blocked(y.get()), has_blocked_layouts());
  std::vector<double> sum(kCount);
  for (size_t i = 0; i < sum.size(); ++i) sum[i] = double(u[i]) + double(v[i]);
  expect_close(values_of(y.get()), sum, 1e-6);
}

TEST(Eltwise, RefusesDifferentShapes) {
  ContextPtr context = make_context(1);
  TensorPtr a = make_tensor(context.get(), {4}), b = make_tensor(context.get(), {2, 2});
  Tensor* inputs[] = {a.get(), b.get()};
  EXPECT_THROW(eltwise_sum(inputs, 2, nullptr, a.get()), std::exception);
  EXPECT_THROW(eltwise_sum(nullptr, 2, nullptr, a.get()), std::exception);
  EXPECT_THROW(eltwise_sum(inputs, 0, nullptr, a.get()), std::exception);
  EXPECT_THROW(eltwise_max_backward(inputs, 1, a.get(), 1, a.get()), std::exception);
}

}  // namespace
}  // namespace caffe4j
