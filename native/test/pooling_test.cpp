#include "caffe4j/pooling.h"

#include <algorithm>
#include <cfloat>

#include "blocked_copy.h"

namespace caffe4j {
namespace {

struct Case {
  int64_t channels, height, width, kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, out_h, out_w;
  bool fast;  // a blocked input must reach a kernel of oneDNN, whatever the method
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.channels << "x" << c.height << "x" << c.width << " k" << c.kernel_h << "x" << c.kernel_w << " s" << c.stride_h << "x" << c.stride_w
       << " p" << c.pad_h << "x" << c.pad_w << " -> " << c.out_h << "x" << c.out_w;
}

constexpr int64_t kBatch = 2;

struct Result {
  std::vector<double> y, dx;
  std::vector<float> mask;
};

/** Caffe's definition, in double. */
Result reference(const Case& c, int method, const std::vector<float>& x, const std::vector<float>& dy) {
  Result r;
  r.dx.resize(x.size());
  size_t out = 0;
  for (int64_t plane = 0; plane < kBatch * c.channels; ++plane) {
    const size_t in = size_t(plane * c.height * c.width);
    for (int64_t oh = 0; oh < c.out_h; ++oh) {
      for (int64_t ow = 0; ow < c.out_w; ++ow, ++out) {
        const int64_t h = oh * c.stride_h - c.pad_h, w = ow * c.stride_w - c.pad_w;
        const int64_t divisor = (std::min(h + c.kernel_h, c.height + c.pad_h) - h) * (std::min(w + c.kernel_w, c.width + c.pad_w) - w);
        double largest = -FLT_MAX, sum = 0;
        int64_t place = -1;
        for (int64_t i = std::max<int64_t>(h, 0); i < std::min(h + c.kernel_h, c.height); ++i) {
          for (int64_t j = std::max<int64_t>(w, 0); j < std::min(w + c.kernel_w, c.width); ++j) {
            const double v = x[in + size_t(i * c.width + j)];
            sum += v;
            if (method == POOLING_AVE) r.dx[in + size_t(i * c.width + j)] += double(dy[out]) / double(divisor);
            if (v > largest) {
              largest = v;
              place = i * c.width + j;
            }
          }
        }
        r.y.push_back(method == POOLING_MAX ? largest : sum / double(divisor));
        r.mask.push_back(float(place));
        if (method == POOLING_MAX && place >= 0) r.dx[in + size_t(place)] += dy[out];
      }
    }
  }
  return r;
}

struct PoolingDeleter {
  void operator()(Pooling* p) const { pooling_destroy(p); }
};
using PoolingPtr = std::unique_ptr<Pooling, PoolingDeleter>;

PoolingPtr make_pooling(Context* context, int method, int engine, const Case& c) {
  return PoolingPtr(pooling_create(context, method, engine, c.kernel_h, c.kernel_w, c.stride_h, c.stride_w, c.pad_h, c.pad_w));
}

class PoolingTest : public testing::TestWithParam<std::tuple<int, bool, Case>> {};

TEST_P(PoolingTest, AgreesWithTheDefinition) {
  const auto& [method, coarse, c] = GetParam();
  ContextPtr context = make_context(2);
  const std::vector<int64_t> in{kBatch, c.channels, c.height, c.width}, out{kBatch, c.channels, c.out_h, c.out_w};
  auto x = random_values(in[0] * in[1] * in[2] * in[3], 1);
  if (coarse) {
    for (float& v : x) v = float(int(v * 2));  // many equal values
  }
  const auto dy = random_values(out[0] * out[1] * out[2] * out[3], 2);
  const Result expected = reference(c, method, x, dy);
  TensorPtr plain_x = make_tensor(context.get(), in, x), top = make_tensor(context.get(), out), mask = make_tensor(context.get(), out),
            top_diff = make_tensor(context.get(), out, dy), bottom_diff = make_tensor(context.get(), in);

  for (int engine : {ENGINE_CAFFE, ENGINE_DEFAULT}) {
    for (bool training : {true, false}) {
      for (bool blocked : {false, true}) {
        if (blocked && engine == ENGINE_CAFFE) continue;
        SCOPED_TRACE(testing::Message() << "engine " << engine << ", training " << training << ", blocked " << blocked);
        const Layout layout = !blocked ? Layout::PLAIN : training ? Layout::TRAINING : Layout::INFERENCE;
        TensorPtr converted = copy_as(layout, context.get(), plain_x.get(), in);
        Tensor* bottom = converted.get();
        PoolingPtr op = make_pooling(context.get(), method, engine, c);
        pooling_forward(op.get(), bottom, top.get(), nullptr, training, 0);
        if (c.fast && engine == ENGINE_DEFAULT && blocked && tensor_is_blocked(bottom)) {
          EXPECT_STRNE(pooling_implementation(op.get()), "plain");
          EXPECT_TRUE(tensor_is_blocked(top.get()));
        }
        expect_close(values_of(top.get()), expected.y, 1e-6);
        pooling_backward(op.get(), bottom, top_diff.get(), bottom_diff.get());
        expect_close(values_of(bottom_diff.get()), expected.dx, 1e-6);
        if (method == POOLING_MAX) {
          pooling_forward(op.get(), bottom, top.get(), mask.get(), training, 0);
          EXPECT_EQ(values_of(mask.get()), expected.mask);
          pooling_backward(op.get(), bottom, top_diff.get(), bottom_diff.get());
          expect_close(values_of(bottom_diff.get()), expected.dx, 1e-6);
        }
      }
    }
  }
}

const Case kCases[] = {
    {16, 13, 13, 3, 3, 2, 2, 0, 0, 6, 6, true},     // as in CaffeNet
    {32, 12, 12, 3, 3, 2, 2, 0, 0, 6, 6, true},     // rounded up: the last windows reach beyond the input
    {32, 12, 12, 3, 3, 2, 2, 0, 0, 5, 5, true},     // rounded down
    {24, 7, 9, 3, 3, 1, 1, 1, 1, 7, 9, true},       // as in an inception module; channels no multiple of 16
    {16, 7, 7, 7, 7, 1, 1, 0, 0, 1, 1, true},       // global
    {3, 9, 8, 3, 3, 2, 2, 1, 1, 5, 5, false},       // few channels
    {16, 32, 30, 3, 3, 2, 2, 1, 1, 17, 16, false},  // beyond the padding
    {16, 9, 8, 4, 4, 3, 3, 2, 2, 4, 4, false},      // beyond the padding on one axis
    {5, 10, 11, 2, 3, 2, 3, 0, 1, 5, 4, false},     // not square
    {4, 5, 5, 1, 1, 3, 3, 0, 0, 2, 2, false},       // windows with gaps between
    {2, 21, 27, 3, 3, 2, 2, 0, 0, 10, 13, false},   // rows of more than eight outputs
    {2, 9, 19, 3, 3, 1, 1, 1, 1, 9, 19, false},     // the same with padding
    {2, 26, 29, 3, 3, 3, 3, 0, 0, 9, 10, false},    // a last window cut off
    {3, 6, 24, 2, 2, 2, 2, 0, 0, 3, 12, false},     // windows that cover the input once, as in LeNet
    {3, 8, 8, 2, 2, 2, 2, 0, 0, 4, 4, false},       // the same in short rows
};

INSTANTIATE_TEST_SUITE_P(Shapes, PoolingTest,
                         testing::Combine(testing::Values(POOLING_MAX, POOLING_AVE), testing::Bool(), testing::ValuesIn(kCases)));

TEST(Pooling, AWindowOutsideTheInputHasNoMaximumAndNoGradient) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {1, 1, 1, 5}, {1, 2, 3, 4, 5}), y = make_tensor(context.get(), {1, 1, 1, 3});
  TensorPtr mask = make_tensor(context.get(), {1, 1, 1, 3}), dy = make_tensor(context.get(), {1, 1, 1, 3}, {1, 1, 1});
  TensorPtr dx = make_tensor(context.get(), {1, 1, 1, 5});
  PoolingPtr op(pooling_create(context.get(), POOLING_MAX, ENGINE_DEFAULT, 1, 1, 1, 3, 0, 0));
  pooling_forward(op.get(), x.get(), y.get(), mask.get(), true, 0);
  EXPECT_EQ(values_of(y.get()), (std::vector<float>{1, 4, -FLT_MAX}));
  EXPECT_EQ(values_of(mask.get()), (std::vector<float>{0, 3, -1}));
  pooling_backward(op.get(), x.get(), dy.get(), dx.get());
  EXPECT_EQ(values_of(dx.get()), (std::vector<float>{1, 0, 0, 1, 0}));
}

TEST(Pooling, StochasticDrawsInProportion) {
  constexpr int64_t kWindows = 40000;
  std::vector<float> x;
  for (int64_t i = 0; i < kWindows; ++i) x.insert(x.end(), {1, 0, 5, 2});
  TensorPtr dy, dx;
  std::vector<std::vector<float>> draws;
  for (int threads : {1, 2}) {
    ContextPtr context = make_context(threads);
    TensorPtr bottom = make_tensor(context.get(), {1, 1, kWindows, 4}, x), top = make_tensor(context.get(), {1, 1, kWindows, 1});
    PoolingPtr op(pooling_create(context.get(), POOLING_STOCHASTIC, ENGINE_DEFAULT, 1, 4, 1, 4, 0, 0));
    for (int64_t seed : {1, 2}) {
      pooling_forward(op.get(), bottom.get(), top.get(), nullptr, true, seed);
      draws.push_back(values_of(top.get()));
    }
    dy = make_tensor(context.get(), {1, 1, kWindows, 1}, std::vector<float>(size_t(kWindows), 1));
    dx = make_tensor(context.get(), {1, 1, kWindows, 4});
    pooling_backward(op.get(), bottom.get(), dy.get(), dx.get());
    const auto gradient = values_of(dx.get());
    for (size_t i = 0; i < gradient.size(); ++i) ASSERT_EQ(gradient[i], x[i] == draws.back()[i / 4] ? 1 : 0) << i;
  }
  EXPECT_EQ(draws[0], draws[2]) << "the number of threads must not matter";
  EXPECT_NE(draws[0], draws[1]) << "the seed must";
  for (float value : {1.0f, 5.0f, 2.0f}) {
    const double share = double(std::count(draws[0].begin(), draws[0].end(), value)) / double(kWindows);
    EXPECT_NEAR(share, value / 8, 0.01) << value;
  }
}

TEST(Pooling, StochasticIsItsExpectationOutsideOfTraining) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {1, 1, 2, 4}, {1, 3, 0, 0, 2, 2, 0, 0}), y = make_tensor(context.get(), {1, 1, 1, 2});
  PoolingPtr op(pooling_create(context.get(), POOLING_STOCHASTIC, ENGINE_DEFAULT, 2, 2, 2, 2, 0, 0));
  pooling_forward(op.get(), x.get(), y.get(), nullptr, false, 0);
  expect_close(values_of(y.get()), {18.0 / 8, 0}, 1e-6);
}

TEST(Pooling, TheShapeMayChange) {
  ContextPtr context = make_context(2);
  PoolingPtr op(pooling_create(context.get(), POOLING_MAX, ENGINE_DEFAULT, 2, 2, 2, 2, 0, 0));
  for (int64_t size : {8, 6, 4, 8}) {
    const Case c{16, size, size, 2, 2, 2, 2, 0, 0, size / 2, size / 2, true};
    const std::vector<int64_t> in{kBatch, 16, size, size}, out{kBatch, 16, size / 2, size / 2};
    const auto x = random_values(kBatch * 16 * size * size, unsigned(size)), dy = random_values(kBatch * 16 * size * size / 4, 9);
    TensorPtr plain = make_tensor(context.get(), in, x), bottom = copy_as(Layout::TRAINING, context.get(), plain.get(), in);
    TensorPtr top = make_tensor(context.get(), out), top_diff = make_tensor(context.get(), out, dy), dx = make_tensor(context.get(), in);
    pooling_forward(op.get(), bottom.get(), top.get(), nullptr, true, 0);
    pooling_backward(op.get(), bottom.get(), top_diff.get(), dx.get());
    const Result expected = reference(c, POOLING_MAX, x, dy);
    expect_close(values_of(top.get()), expected.y, 1e-6);
    expect_close(values_of(dx.get()), expected.dx, 1e-6);
  }
}

TEST(Pooling, RefusesWhatDoesNotFit) {
  ContextPtr context = make_context(1);
  EXPECT_THROW(pooling_create(context.get(), POOLING_MAX, ENGINE_DEFAULT, 2, 2, 1, 1, 2, 0), std::exception);
  EXPECT_THROW(pooling_create(context.get(), POOLING_MAX, ENGINE_DEFAULT, 2, 2, 0, 1, 0, 0), std::exception);
  EXPECT_THROW(pooling_create(context.get(), 7, ENGINE_DEFAULT, 2, 2, 1, 1, 0, 0), std::exception);
  PoolingPtr op(pooling_create(context.get(), POOLING_AVE, ENGINE_DEFAULT, 2, 2, 2, 2, 0, 0));
  TensorPtr x = make_tensor(context.get(), {1, 2, 4, 4}), y = make_tensor(context.get(), {1, 3, 2, 2}), z = make_tensor(context.get(), {4, 4});
  EXPECT_THROW(pooling_forward(op.get(), x.get(), y.get(), nullptr, true, 0), std::exception);
  EXPECT_THROW(pooling_forward(op.get(), z.get(), z.get(), nullptr, true, 0), std::exception);
  EXPECT_THROW(pooling_forward(op.get(), x.get(), x.get(), nullptr, true, 0), std::exception);
}

}  // namespace
}  // namespace caffe4j
