#include "caffe4j/batch_norm.h"

#include <cmath>

#include "blocked_copy.h"

namespace caffe4j {
namespace {

struct BatchNormDeleter {
  void operator()(BatchNorm* b) const { batch_norm_destroy(b); }
};
using BatchNormPtr = std::unique_ptr<BatchNorm, BatchNormDeleter>;

struct Reference {
  std::vector<double> mean, variance, y, dx;
};

/** The definition, in double, over N x C x `rest`; statistics that are not given are computed. */
Reference reference(int64_t batch, int64_t channels, int64_t rest, const std::vector<float>& x, const std::vector<float>& dy, double eps,
                    const std::vector<float>& mean, const std::vector<float>& variance) {
  Reference r{std::vector<double>(mean.begin(), mean.end()), std::vector<double>(variance.begin(), variance.end()), {}, {}};
  const bool given = !mean.empty();
  const double m = double(batch * rest);
  const auto channel = [&](size_t i) { return i / size_t(rest) % size_t(channels); };
  if (!given) {
    r.mean.resize(size_t(channels));
    r.variance.resize(size_t(channels));
    for (size_t i = 0; i < x.size(); ++i) r.mean[channel(i)] += x[i] / m;
    for (size_t i = 0; i < x.size(); ++i) r.variance[channel(i)] += std::pow(x[i] - r.mean[channel(i)], 2) / m;
  }
  std::vector<double> sum(size_t(channels), 0.0), dot(size_t(channels), 0.0);
  for (size_t i = 0; i < x.size(); ++i) {
    r.y.push_back((x[i] - r.mean[channel(i)]) / std::sqrt(r.variance[channel(i)] + eps));
    sum[channel(i)] += dy[i] / m;
    dot[channel(i)] += dy[i] * r.y[i] / m;
  }
  for (size_t i = 0; i < x.size(); ++i) {
    const double own = given ? dy[i] : dy[i] - sum[channel(i)] - dot[channel(i)] * r.y[i];
    r.dx.push_back(own / std::sqrt(r.variance[channel(i)] + eps));
  }
  return r;
}

void check(const std::vector<int64_t>& dims) {
  ContextPtr context = make_context(2);
  int64_t count = 1;
  for (int64_t d : dims) count *= d;
  const int64_t channels = dims[1], rest = count / dims[0] / channels;
  const float eps = 1e-3f;
  const auto x = random_values(count, 1, -1, 3), dy = random_values(count, 2), means = random_values(channels, 3),
             variances = random_values(channels, 4, 0.1f, 2);
  TensorPtr plain_x = make_tensor(context.get(), dims, x), plain_dy = make_tensor(context.get(), dims, dy);
  for (bool given : {false, true}) {
    const Reference expected = given ? reference(dims[0], channels, rest, x, dy, eps, means, variances)
                                     : reference(dims[0], channels, rest, x, dy, eps, {}, {});
    for (const Layout layout : {Layout::PLAIN, Layout::INFERENCE, Layout::TRAINING}) {
      if (layout != Layout::PLAIN && dims.size() != 4) continue;
      for (bool in_place : {false, true}) {
        SCOPED_TRACE(testing::Message() << "given " << given << ", layout " << int(layout) << ", in place " << in_place);
        TensorPtr bottom = copy_as(layout, context.get(), plain_x.get(), dims), other = make_tensor(context.get(), dims);
        TensorPtr top_diff = copy_as(layout, context.get(), plain_dy.get(), dims), bottom_diff = make_tensor(context.get(), dims);
        TensorPtr mean = make_tensor(context.get(), {channels}, means), variance = make_tensor(context.get(), {channels}, variances);
        Tensor* top = in_place ? bottom.get() : other.get();
        BatchNormPtr op(batch_norm_create(context.get()));
        batch_norm_forward(op.get(), bottom.get(), top, mean.get(), variance.get(), eps, given);
        expect_close(values_of(top), expected.y, 4e-6);
        expect_close(values_of(mean.get()), expected.mean, 1e-6);
        expect_close(values_of(variance.get()), expected.variance, 4e-6);
        if (in_place) tensor_fill(top, 7);  // the next layer may work in place too
        batch_norm_backward(op.get(), bottom.get(), top_diff.get(), bottom_diff.get(), mean.get(), variance.get(), eps, given);
        expect_close(values_of(bottom_diff.get()), expected.dx, 2e-5);
        batch_norm_backward(op.get(), bottom.get(), top_diff.get(), top_diff.get(), mean.get(), variance.get(), eps, given);
        expect_close(values_of(top_diff.get()), expected.dx, 2e-5);
      }
    }
  }
}

TEST(BatchNorm, Images) { check({4, 32, 7, 5}); }
TEST(BatchNorm, OddChannels) { check({3, 21, 6, 6}); }
TEST(BatchNorm, Vectors) { check({9, 10}); }
TEST(BatchNorm, Rows) { check({3, 4, 8}); }
TEST(BatchNorm, ManyAxes) { check({2, 3, 2, 3, 2, 2}); }

/** Together with a scale, a bias or none, and a ReLU or none, against the reference for each part. */
void check_affine(const std::vector<int64_t>& dims, int threads, bool with_bias, bool relu) {
  SCOPED_TRACE(testing::Message() << threads << " threads, bias " << with_bias << ", relu " << relu);
  ContextPtr context = make_context(threads);
  const int64_t channels = dims[1], rest = dims[2] * dims[3], count = dims[0] * channels * rest;
  const float eps = 1e-3f;
  const auto x = random_values(count, 1, -1, 3), dy = random_values(count, 2), scales = random_values(channels, 3), biases = random_values(channels, 4);
  const auto channel = [&](size_t i) { return i / size_t(rest) % size_t(channels); };
  // The normalized values first, then what the scale and the ReLU make of them and of the gradient.
  const std::vector<double> normalized = reference(dims[0], channels, rest, x, dy, eps, {}, {}).y;
  std::vector<double> y, scale_diff(size_t(channels), 1), bias_diff(size_t(channels), 2);
  std::vector<float> inner;
  for (size_t i = 0; i < x.size(); ++i) {
    const double value = scales[channel(i)] * normalized[i] + (with_bias ? biases[channel(i)] : 0);
    const double gradient = relu && value <= 0 ? 0 : dy[i];
    y.push_back(relu ? std::max(value, 0.0) : value);
    scale_diff[channel(i)] += gradient * normalized[i];
    bias_diff[channel(i)] += gradient;
    inner.push_back(float(gradient) * scales[channel(i)]);
  }
  const Reference expected = reference(dims[0], channels, rest, x, inner, eps, {}, {});

  TensorPtr plain_x = make_tensor(context.get(), dims, x), plain_dy = make_tensor(context.get(), dims, dy);
  TensorPtr scale = make_tensor(context.get(), {channels}, scales), bias = make_tensor(context.get(), {channels}, biases);
  TensorPtr mean = make_tensor(context.get(), {channels}), variance = make_tensor(context.get(), {channels});
  Tensor* shift = with_bias ? bias.get() : nullptr;
  for (bool in_place : {true, false}) {
    TensorPtr bottom = copy_as(Layout::TRAINING, context.get(), plain_x.get(), dims), other = make_tensor(context.get(), dims);
    TensorPtr diff = copy_as(Layout::TRAINING, context.get(), plain_dy.get(), dims), bottom_diff = make_tensor(context.get(), dims);
    TensorPtr scale_sum = make_tensor(context.get(), {channels}, std::vector<float>(size_t(channels), 1)),
              bias_sum = make_tensor(context.get(), {channels}, std::vector<float>(size_t(channels), 2)), again = make_tensor(context.get(), dims);
    Tensor *top = in_place ? bottom.get() : other.get(), *dx = in_place ? diff.get() : bottom_diff.get();
    BatchNormPtr op(batch_norm_create(context.get()));
    const bool done = batch_norm_affine_forward(op.get(), bottom.get(), top, mean.get(), variance.get(), eps, scale.get(), shift, relu);
    ASSERT_EQ(done, on_gpu() || has_blocked_layouts());
    if (!done) return;
    expect_close(values_of(top), y, 4e-6);
    expect_close(values_of(mean.get()), expected.mean, 1e-6);
    expect_close(values_of(variance.get()), expected.variance, 4e-6);
    batch_norm_normalized(op.get(), bottom.get(), mean.get(), variance.get(), eps, again.get());
    expect_close(values_of(again.get()), normalized, 4e-6);
    ASSERT_TRUE(batch_norm_affine_backward(op.get(), bottom.get(), diff.get(), dx, mean.get(), variance.get(), eps, scale.get(), shift, relu,
                                           scale_sum.get(), bias_sum.get()));
    expect_close(values_of(dx), expected.dx, 2e-5);
    expect_close(values_of(scale_sum.get()), scale_diff, 2e-5);
    expect_close(values_of(bias_sum.get()), bias_diff, 2e-5);
    ASSERT_TRUE(batch_norm_affine_backward(op.get(), bottom.get(), plain_dy.get(), again.get(), mean.get(), variance.get(), eps, scale.get(), shift,
                                           relu, nullptr, nullptr));
    expect_close(values_of(again.get()), expected.dx, 2e-5);
    batch_norm_backward(op.get(), bottom.get(), make_tensor(context.get(), dims, inner).get(), again.get(), mean.get(), variance.get(), eps, false);
    expect_close(values_of(again.get()), expected.dx, 2e-5);
  }
}

TEST(BatchNorm, WithScaleAndRelu) {
  for (int threads : {1, 2, 5}) {
    for (bool with_bias : {false, true}) {
      for (bool relu : {false, true}) {
        check_affine({4, 32, 7, 5}, threads, with_bias, relu);
        check_affine({3, 21, 12, 13}, threads, with_bias, relu);
      }
    }
  }
}

TEST(BatchNorm, WithScaleNeedsBlocksOrAGpu) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {2, 3, 2, 2}, random_values(24, 1)), three = make_tensor(context.get(), {3}, {1, 2, 3}),
            mean = make_tensor(context.get(), {3}), variance = make_tensor(context.get(), {3});
  const std::vector<float> before = values_of(x.get());
  BatchNormPtr op(batch_norm_create(context.get()));
  const bool done = batch_norm_affine_forward(op.get(), x.get(), x.get(), mean.get(), variance.get(), 1e-3f, three.get(), nullptr, true);
  EXPECT_EQ(done, on_gpu());
  EXPECT_EQ(values_of(x.get()) == before, !done);
}

TEST(BatchNorm, RefusesAnInputThatChanged) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {2, 2}, {1, 2, 3, 4}), y = make_tensor(context.get(), {2, 2}), mean = make_tensor(context.get(), {2}),
            variance = make_tensor(context.get(), {2});
  BatchNormPtr op(batch_norm_create(context.get()));
  batch_norm_forward(op.get(), x.get(), y.get(), mean.get(), variance.get(), 1e-5f, false);
  tensor_fill(x.get(), 0);
  EXPECT_THROW(batch_norm_backward(op.get(), x.get(), y.get(), y.get(), mean.get(), variance.get(), 1e-5f, false), std::exception);
}

TEST(BatchNorm, StoresStatisticsAndLoadsThem) {
  ContextPtr context = make_context(1);
  TensorPtr mean = make_tensor(context.get(), {2}, {1, 2}), variance = make_tensor(context.get(), {2}, {3, 4}), one = make_tensor(context.get(), {1});
  TensorPtr means = make_tensor(context.get(), {2}), variances = make_tensor(context.get(), {2});
  batch_norm_load(means.get(), variances.get(), one.get(), mean.get(), variance.get());
  EXPECT_EQ(values_of(mean.get()), (std::vector<float>{0, 0})) << "nothing was stored yet";
  EXPECT_EQ(values_of(variance.get()), (std::vector<float>{0, 0}));
  tensor_put(mean.get(), 0, std::vector<float>{1, 2}.data(), 2);
  tensor_put(variance.get(), 0, std::vector<float>{3, 4}.data(), 2);
  for (int batch = 0; batch < 2; ++batch) {
    batch_norm_store(mean.get(), variance.get(), 0.5f, 2, means.get(), variances.get(), one.get());
  }
  EXPECT_EQ(values_of(means.get()), (std::vector<float>{1.5f, 3}));
  EXPECT_EQ(values_of(variances.get()), (std::vector<float>{9, 12}));
  EXPECT_EQ(values_of(one.get()), std::vector<float>{1.5f});
  batch_norm_load(means.get(), variances.get(), one.get(), mean.get(), variance.get());
  EXPECT_EQ(values_of(mean.get()), (std::vector<float>{1, 2}));
  EXPECT_EQ(values_of(variance.get()), (std::vector<float>{6, 8}));
  EXPECT_THROW(batch_norm_load(one.get(), variances.get(), one.get(), mean.get(), variance.get()), std::exception);
  EXPECT_THROW(batch_norm_store(mean.get(), variance.get(), 1, 1, means.get(), variances.get(), means.get()), std::exception);
}

TEST(BatchNorm, RefusesWhatDoesNotFit) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {2, 3}), flat = make_tensor(context.get(), {6}), three = make_tensor(context.get(), {3}),
            two = make_tensor(context.get(), {2});
  BatchNormPtr op(batch_norm_create(context.get()));
  EXPECT_THROW(batch_norm_forward(op.get(), flat.get(), flat.get(), three.get(), three.get(), 1e-5f, false), std::exception);
  EXPECT_THROW(batch_norm_forward(op.get(), x.get(), x.get(), three.get(), two.get(), 1e-5f, false), std::exception);
  EXPECT_THROW(batch_norm_forward(op.get(), x.get(), flat.get(), three.get(), three.get(), 1e-5f, false), std::exception);
}

}  // namespace
}  // namespace caffe4j
