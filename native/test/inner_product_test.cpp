#include "caffe4j/inner_product.h"

#include "test_util.h"

namespace caffe4j {
namespace {

struct InnerProductDeleter {
  void operator()(InnerProduct* op) const { inner_product_destroy(op); }
};

/** M, K, N, transposed, inference. */
class InnerProductTest : public testing::TestWithParam<std::tuple<int64_t, int64_t, int64_t, bool, bool>> {};

TEST_P(InnerProductTest, AgreesWithDirectSums) {
  const auto& [m, k, n, transposed, inference] = GetParam();
  ContextPtr context = make_context(2);
  std::unique_ptr<InnerProduct, InnerProductDeleter> op(inner_product_create(context.get(), n, k, transposed, inference));
  const auto x = random_values(m * k, 1), w = random_values(n * k, 2), b = random_values(n, 3), dy = random_values(m * n, 4);
  std::vector<double> y(x.size() / size_t(k) * size_t(n)), dx(x.size()), dw(w.size(), 0.5), db(b.size(), 0.25);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t o = 0; o < n; ++o) {
      const auto out = size_t(i * n + o);
      y[out] = double(b[size_t(o)]);
      db[size_t(o)] += double(dy[out]);
      for (int64_t j = 0; j < k; ++j) {
        const auto at = size_t(transposed ? j * n + o : o * k + j), in = size_t(i * k + j);
        y[out] += double(x[in]) * double(w[at]);
        dx[in] += double(dy[out]) * double(w[at]);
        dw[at] += double(dy[out]) * double(x[in]);
      }
    }
  TensorPtr bottom = make_tensor(context.get(), {m, k}, x), weight = make_tensor(context.get(), {n, k}, w),
            bias = make_tensor(context.get(), {n}, b), top = make_tensor(context.get(), {m, n}),
            top_diff = make_tensor(context.get(), {m, n}, dy), bottom_diff = make_tensor(context.get(), {m, k}),
            weight_diff = make_tensor(context.get(), {n, k}), bias_diff = make_tensor(context.get(), {n});
  tensor_fill(weight_diff.get(), 0.5f);
  tensor_fill(bias_diff.get(), 0.25f);
  for (int round = 0; round < 2; ++round) {
    inner_product_forward(op.get(), bottom.get(), weight.get(), bias.get(), top.get());
    expect_close(values_of(top.get()), y, 1e-5);
  }
  inner_product_backward_data(op.get(), top_diff.get(), weight.get(), bottom_diff.get());
  expect_close(values_of(bottom_diff.get()), dx, 1e-5);
  inner_product_backward_weight(op.get(), bottom.get(), top_diff.get(), weight_diff.get(), bias_diff.get());
  expect_close(values_of(weight_diff.get()), dw, 1e-5);
  expect_close(values_of(bias_diff.get()), db, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Shapes, InnerProductTest,
                         testing::Combine(testing::Values(1, 3, 64), testing::Values(1, 50, 801), testing::Values(1, 10, 129),
                                          testing::Bool(), testing::Bool()));

/** Rows, threads. */
class InnerProductPartsTest : public testing::TestWithParam<std::tuple<int64_t, int>> {};

TEST_P(InnerProductPartsTest, ThreadsThatShareTheOutputsComputeWhatOneDoes) {
  const auto& [m, threads] = GetParam();
  constexpr int64_t kInputs = 801, kOutputs = 130;
  const auto x = random_values(m * kInputs, 1), w = random_values(kOutputs * kInputs, 2), b = random_values(kOutputs, 3),
             dy = random_values(m * kOutputs, 4);
  const auto run = [&, m = m](int number) {
    ContextPtr context = make_context(number);
    std::unique_ptr<InnerProduct, InnerProductDeleter> op(inner_product_create(context.get(), kOutputs, kInputs, false, false));
    TensorPtr bottom = make_tensor(context.get(), {m, kInputs}, x), weight = make_tensor(context.get(), {kOutputs, kInputs}, w),
              bias = make_tensor(context.get(), {kOutputs}, b), top = make_tensor(context.get(), {m, kOutputs}),
              bare = make_tensor(context.get(), {m, kOutputs}), top_diff = make_tensor(context.get(), {m, kOutputs}, dy),
              bottom_diff = make_tensor(context.get(), {m, kInputs}), weight_diff = make_tensor(context.get(), {kOutputs, kInputs}),
              bias_diff = make_tensor(context.get(), {kOutputs});
    std::vector<std::vector<float>> results;
    for (int round = 0; round < 2; ++round) {  // the second adds to the gradients
      inner_product_forward(op.get(), bottom.get(), weight.get(), bias.get(), top.get());
      inner_product_forward(op.get(), bottom.get(), weight.get(), nullptr, bare.get());
      inner_product_backward_weight(op.get(), bottom.get(), top_diff.get(), weight_diff.get(), bias_diff.get());
      inner_product_backward_data(op.get(), top_diff.get(), weight.get(), bottom_diff.get());
      for (Tensor* t : {top.get(), bare.get(), weight_diff.get(), bias_diff.get(), bottom_diff.get()}) results.push_back(values_of(t));
    }
    return results;
  };
  const auto one = run(1), several = run(threads);
  for (size_t i = 0; i < one.size(); ++i) expect_close(several[i], std::vector<double>(one[i].begin(), one[i].end()), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Threads, InnerProductPartsTest, testing::Combine(testing::Values(1, 64), testing::Values(2, 3)));

TEST(InnerProduct, TakesImagesAsTheyAre) {
  ContextPtr context = make_context(2);
  std::unique_ptr<InnerProduct, InnerProductDeleter> op(inner_product_create(context.get(), 2, 12, false, true));
  TensorPtr x = make_tensor(context.get(), {5, 3, 2, 2}, std::vector<float>(60, 1)), w = make_tensor(context.get(), {2, 12}),
            y = make_tensor(context.get(), {5, 2});
  tensor_fill(w.get(), 2);
  inner_product_forward(op.get(), x.get(), w.get(), nullptr, y.get());
  EXPECT_EQ(values_of(y.get()), std::vector<float>(10, 24));
}

TEST(InnerProduct, RefusesWhatDoesNotFit) {
  ContextPtr context = make_context(1);
  EXPECT_THROW(inner_product_create(context.get(), 0, 4, false, true), std::exception);
  std::unique_ptr<InnerProduct, InnerProductDeleter> op(inner_product_create(context.get(), 3, 4, false, true));
  TensorPtr x = make_tensor(context.get(), {2, 5}), w = make_tensor(context.get(), {3, 4}), y = make_tensor(context.get(), {2, 3});
  EXPECT_THROW(inner_product_forward(op.get(), x.get(), w.get(), nullptr, y.get()), std::exception);
  EXPECT_THROW(inner_product_forward(op.get(), nullptr, w.get(), nullptr, y.get()), std::exception);
}

}  // namespace
}  // namespace caffe4j
