// Plans of integers against a simulation of them. All scales are powers of two, so that the float arithmetic around the sums is exact, and
// so must be every result.
#include <cmath>
#include <stdexcept>

#include "caffe4j/plan.h"
#include "test_util.h"

namespace caffe4j {
namespace {

using Dims = std::vector<int64_t>;

struct PlanDeleter {
  void operator()(Plan* p) const { plan_destroy(p); }
};
struct WeightsDeleter {
  void operator()(FrozenWeights* w) const { frozen_weights_destroy(w); }
};
using PlanPtr = std::unique_ptr<Plan, PlanDeleter>;
using WeightsPtr = std::unique_ptr<FrozenWeights, WeightsDeleter>;

/** Integers and what one of them stands for. */
struct Integers {
  Dims dims;
  std::vector<int> values;
  double scale;
};

struct Floats {
  Dims dims;
  std::vector<double> values;
};

int64_t product(const Dims& dims) {
  int64_t count = 1;
  for (int64_t d : dims) count *= d;
  return count;
}

int rounded(double x, double scale, int low, int high) { return int(std::min<double>(high, std::max<double>(low, std::nearbyint(x / scale)))); }

Integers with_sign(const Floats& x, double scale) {
  Integers q{x.dims, {}, scale};
  for (double v : x.values) q.values.push_back(rounded(v, scale, -128, 127));
  return q;
}

Integers without_sign(const Floats& x, double scale) {
  Integers q{x.dims, {}, scale};
  for (double v : x.values) q.values.push_back(rounded(v, scale, 0, 255));
  return q;
}

Floats relu(Floats x) {
  for (double& v : x.values) v = std::max(v, 0.0);
  return x;
}

Floats plus(Floats x, const Integers& y) {
  for (size_t i = 0; i < x.values.size(); ++i) x.values[i] += y.scale * y.values[i];
  return x;
}

Integers joined(const Integers& a, const Integers& b) {  // one image, along the channels
  Integers q{{1, a.dims[1] + b.dims[1], a.dims[2], a.dims[3]}, a.values, a.scale};
  q.values.insert(q.values.end(), b.values.begin(), b.values.end());
  return q;
}

/** Weights of a layer: each output channel has a value of +-127 scales. */
struct Layer {
  int64_t outputs, group, kernel, stride, pad, dilation;
  int64_t inputs;
  std::vector<float> weight, bias;
  std::vector<int> integers;
  double scale = 0x1p-7;

  Layer(int64_t in, int64_t out, int64_t g, int64_t k, int64_t s, int64_t p, int64_t d, unsigned seed)
      : outputs(out), group(g), kernel(k), stride(s), pad(p), dilation(d), inputs(in) {
    const int64_t row = in / g * k * k;
    std::mt19937 engine(seed);
    std::uniform_int_distribution<int> any(-127, 127);
    for (int64_t i = 0; i < out * row; ++i) integers.push_back(i % row == i / row % row ? (i % 2 == 0 ? 127 : -127) : any(engine) / 4);
    for (int q : integers) weight.push_back(float(q * scale));
    for (int64_t i = 0; i < out; ++i) bias.push_back(float(any(engine) * 0x1p-10));
  }

  Floats operator()(const Integers& x) const {
    const int64_t n = x.dims[0], h = x.dims[2], w = x.dims[3], from = inputs / group, to = outputs / group;
    const int64_t extent = dilation * (kernel - 1) + 1, oh = (h + 2 * pad - extent) / stride + 1, ow = (w + 2 * pad - extent) / stride + 1;
    Floats y{{n, outputs, oh, ow}, {}};
    for (int64_t i = 0; i < product(y.dims); ++i) {
      const int64_t ox = i % ow, oy = i / ow % oh, o = i / (ow * oh) % outputs, image = i / (ow * oh * outputs);
      int64_t sum = 0;
      for (int64_t c = 0; c < from; ++c) {
        for (int64_t k = 0; k < kernel * kernel; ++k) {
          const int64_t iy = oy * stride - pad + k / kernel * dilation, ix = ox * stride - pad + k % kernel * dilation;
          if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
          const int64_t channel = o / to * from + c;
          sum += int64_t(integers[size_t((o * from + c) * kernel * kernel + k)]) * x.values[size_t(((image * inputs + channel) * h + iy) * w + ix)];
        }
      }
      y.values.push_back(double(sum) * scale * x.scale + double(bias[size_t(o)]));
    }
    return y;
  }
};

/** A plan that is being built, with its weights. */
class Builder {
 public:
  explicit Builder(int precision = PLAN_INT8)
      : context(make_context(2)), weights(frozen_weights_create()), plan(plan_create(context.get(), weights.get(), precision)) {}

  int freeze(const std::vector<float>& values) {
    TensorPtr t = make_tensor(context.get(), {int64_t(values.size())}, values);
    const int id = frozen_weights_add(weights.get(), t.get());
    tensor_release(t.get());
    return id;
  }

  int input(const Floats& x) {
    inputs.push_back(make_tensor(context.get(), x.dims, std::vector<float>(x.values.begin(), x.values.end())));
    return plan_input(plan.get(), inputs.back().get());
  }

  int convolution(int x, const Layer& l) { return convolution(x, l, freeze(l.weight), freeze(l.bias)); }

  int convolution(int x, const Layer& l, int weight, int bias) {
    const int64_t k[] = {l.kernel, l.kernel}, s[] = {l.stride, l.stride}, p[] = {l.pad, l.pad}, d[] = {l.dilation, l.dilation};
    return plan_convolution(plan.get(), "convolution", x, weight, bias, l.outputs, l.group, k, s, p, d, 2);
  }

  void fuse_relu() { plan_fuse_activation(plan.get(), PLAN_RELU, 0, 0, 0); }
  void signed_scale(int value, double scale) { plan_set_range(plan.get(), value, float(127 * scale)); }
  void unsigned_scale(int value, double scale) { plan_set_range(plan.get(), value, float(255 * scale)); }

  std::vector<float> run(int value, const Dims& dims) {
    output = make_tensor(context.get(), dims);
    plan_output(plan.get(), value, output.get());
    plan_compile(plan.get());
    plan_forward(plan.get(), nullptr);
    return values_of(output.get());
  }

  /** Steps that are no conversions and read integers. */
  int integer_steps() const {
    int count = 0;
    for (int i = 0; i < plan_steps(plan.get()); ++i) {
      const bool reorder = std::string(plan_step_kernel(plan.get(), i)).find("reorder") == 0;
      count += plan_step_precision(plan.get(), i) == PLAN_INT8 && !reorder ? 1 : 0;
    }
    return count;
  }

  ContextPtr context;
  WeightsPtr weights;
  std::vector<TensorPtr> inputs;
  TensorPtr output;
  PlanPtr plan;
};

/** Multiples of 1/8 of a scale, halves among them, some beyond the range. */
Floats samples(const Dims& dims, unsigned seed, double scale) {
  std::mt19937 engine(seed);
  std::uniform_int_distribution<int> any(-8 * 130, 8 * 130);
  Floats x{dims, {}};
  for (int64_t i = 0; i < product(dims); ++i) x.values.push_back(any(engine) * scale / 8);
  return x;
}

void expect_equal(const std::vector<float>& actual, const Floats& expected) {
  ASSERT_EQ(actual.size(), expected.values.size());
  for (size_t i = 0; i < actual.size(); ++i) ASSERT_EQ(actual[i], float(expected.values[i])) << "at element " << i;
}

class QuantizedPlan : public testing::Test {
 protected:
  void SetUp() override {
    if (on_gpu()) GTEST_SKIP() << "plans are for the CPU";
    if (!plan_precision_is_fast(PLAN_INT8)) GTEST_SKIP() << "int8 is not tested: this processor has neither VNNI nor AMX";
  }
};

constexpr double kScale = 0x1p-5;

TEST_F(QuantizedPlan, ConvolutionsOfIntegersAreExact) {
  struct Case {
    int64_t inputs, outputs, group, kernel, stride, pad, dilation, batch;
  };
  for (const Case& c : {Case{3, 16, 1, 3, 1, 0, 1, 1}, Case{16, 32, 1, 1, 1, 0, 1, 2}, Case{8, 24, 1, 3, 2, 1, 1, 1}, Case{32, 32, 32, 3, 1, 1, 1, 1},
                        Case{32, 64, 2, 3, 1, 1, 1, 3}, Case{16, 16, 1, 3, 1, 2, 2, 1}, Case{5, 7, 1, 5, 1, 2, 1, 1}, Case{16, 10, 1, 9, 1, 0, 1, 1}}) {
    SCOPED_TRACE(testing::Message() << c.inputs << " to " << c.outputs << ", group " << c.group << ", kernel " << c.kernel);
    const Layer layer(c.inputs, c.outputs, c.group, c.kernel, c.stride, c.pad, c.dilation, 3);
    const Floats x = samples({c.batch, c.inputs, 9, 9}, 5, kScale);
    Builder b;
    const int in = b.input(x), out = b.convolution(in, layer);
    b.signed_scale(in, kScale);
    const Floats expected = layer(with_sign(x, kScale));
    expect_equal(b.run(out, expected.dims), expected);
    EXPECT_EQ(b.integer_steps(), 1);
  }
}

TEST_F(QuantizedPlan, InnerProductsOfIntegersAreExact) {
  for (const bool transposed : {false, true}) {
    for (const int64_t batch : {1, 5}) {
      const Layer layer(6, 10, 1, 4, 1, 0, 1, 4);  // as wide as its input: an inner product
      const Floats x = samples({batch, 6, 4, 4}, 6, kScale);
      Builder b;
      std::vector<float> weight = layer.weight;
      for (size_t i = 0; transposed && i < weight.size(); ++i) weight[i] = layer.weight[i % 10 * 96 + i / 10];
      const int in = b.input(x);
      b.signed_scale(in, kScale);
      const int w = b.freeze(weight);
      const int out = plan_inner_product(b.plan.get(), "product", in, w, b.freeze(layer.bias), 10, transposed);
      expect_equal(b.run(out, {batch, 10}), layer(with_sign(x, kScale)));
      EXPECT_EQ(b.integer_steps(), 1);
    }
  }
}

TEST_F(QuantizedPlan, IntegersPassThroughReluPoolingAndConcat) {
  const Layer first(3, 16, 1, 3, 1, 1, 1, 1), left(16, 8, 1, 1, 1, 0, 1, 2), right(16, 24, 1, 3, 1, 1, 1, 3), last(32, 8, 1, 1, 1, 0, 1, 4);
  const Floats x = samples({1, 3, 8, 8}, 7, kScale);
  const double one = 0x1p-4, two = 0x1p-2;
  Builder b;
  const int in = b.input(x), f = b.convolution(in, first);
  b.fuse_relu();
  const int p = plan_pooling(b.plan.get(), "pool", f, 0, 2, 2, 2, 2, 0, 0, 4, 4);
  const int l = b.convolution(p, left);
  b.fuse_relu();
  const int r = b.convolution(p, right);
  b.fuse_relu();
  const int both[] = {l, r}, joint = plan_concat(b.plan.get(), "joint", both, 2, 1), out = b.convolution(joint, last);
  b.signed_scale(in, kScale);
  b.unsigned_scale(f, one);
  b.unsigned_scale(p, one / 2);  // the larger of two counts for both
  b.unsigned_scale(l, two / 4);
  b.unsigned_scale(r, two);
  b.unsigned_scale(joint, two / 2);

  const Integers made = without_sign(relu(first(with_sign(x, kScale))), one);
  Integers pooled{{1, 16, 4, 4}, {}, one};
  for (int64_t i = 0; i < 16 * 16; ++i) {
    const int64_t at = i / 16 * 64 + i / 4 % 4 * 16 + i % 4 * 2;
    int most = 0;
    for (int64_t k : {0, 1, 8, 9}) most = std::max(most, made.values[size_t(at + k)]);
    pooled.values.push_back(most);
  }
  const Floats expected = last(joined(without_sign(relu(left(pooled)), two), without_sign(relu(right(pooled)), two)));
  expect_equal(b.run(out, expected.dims), expected);
  EXPECT_EQ(b.integer_steps(), 6);
  EXPECT_EQ(plan_reorders(b.plan.get()), 1) << "the input alone is converted";
}

TEST_F(QuantizedPlan, IntegersPassThroughParts) {
  const Layer first(3, 32, 1, 1, 1, 0, 1, 1), left(16, 8, 1, 1, 1, 0, 1, 2), right(16, 8, 1, 3, 1, 1, 1, 3);
  const Floats x = samples({1, 3, 8, 8}, 7, kScale);
  const double one = 0x1p-4;
  const int64_t zero[] = {0, 0, 0, 0}, half[] = {0, 16, 0, 0}, dims[] = {1, 16, 8, 8};
  Builder b;
  const int in = b.input(x), f = b.convolution(in, first);
  b.fuse_relu();
  const int l = plan_slice(b.plan.get(), "left", f, zero, dims, 4), r = plan_slice(b.plan.get(), "right", f, half, dims, 4);
  const int both[] = {b.convolution(l, left), b.convolution(r, right)};
  const int out = plan_eltwise(b.plan.get(), "sum", PLAN_SUM, both, 2, nullptr);
  b.signed_scale(in, kScale);
  b.unsigned_scale(f, one);
  b.unsigned_scale(l, one / 2);  // the largest counts for all
  b.unsigned_scale(r, one / 4);

  const Integers made = without_sign(relu(first(with_sign(x, kScale))), one);
  Integers parts[2];
  for (size_t half_number : {0u, 1u}) {
    const auto begin = made.values.begin() + std::ptrdiff_t(half_number * 16 * 64);
    parts[half_number] = {{1, 16, 8, 8}, {begin, begin + 16 * 64}, one};
  }
  Floats expected = left(parts[0]);
  const Floats other = right(parts[1]);
  for (size_t i = 0; i < expected.values.size(); ++i) expected.values[i] = double(float(expected.values[i]) + float(other.values[i]));
  expect_equal(b.run(out, expected.dims), expected);
  EXPECT_EQ(plan_reorders(b.plan.get()), 1) << "the input alone is converted";
}

TEST_F(QuantizedPlan, SumsOfResidualsAreExact) {
  const Layer entry(4, 16, 1, 3, 1, 1, 1, 1), inner(16, 16, 1, 3, 1, 1, 1, 2), last(16, 8, 1, 1, 1, 0, 1, 3);
  const Floats x = samples({2, 4, 6, 6}, 8, kScale);
  for (const bool rectified : {true, false}) {  // unsigned and signed summands
    Builder b;
    const int in = b.input(x), e = b.convolution(in, entry);
    if (rectified) b.fuse_relu();
    const int s = b.convolution(e, inner);
    plan_fuse_sum(b.plan.get(), e, 1);
    if (rectified) b.fuse_relu();
    const int out = b.convolution(s, last);
    b.signed_scale(in, kScale);
    if (rectified) {
      b.unsigned_scale(e, 0x1p-4);
      b.unsigned_scale(s, 0x1p-1);
    } else {
      b.signed_scale(e, 0x1p-3);
      b.signed_scale(s, 0x1p0);
    }
    const Floats before = entry(with_sign(x, kScale));
    const Integers summand = rectified ? without_sign(relu(before), 0x1p-4) : with_sign(before, 0x1p-3);
    const Floats sum = plus(inner(summand), summand);
    const Floats expected = last(rectified ? without_sign(relu(sum), 0x1p-1) : with_sign(sum, 0x1p0));
    expect_equal(b.run(out, expected.dims), expected);
    EXPECT_EQ(b.integer_steps(), 3);
  }
}

TEST_F(QuantizedPlan, WhatHasNoRangeIsFloat) {
  const Layer layer(16, 16, 1, 3, 1, 1, 1, 1);
  const Floats x = samples({1, 16, 6, 6}, 8, kScale);
  Builder b;
  const int w = b.freeze(layer.weight), bias = b.freeze(layer.bias);
  const int in = b.input(x), out = b.convolution(in, layer, w, bias);
  b.signed_scale(in, kScale);
  const Floats integers = layer(with_sign(x, kScale));
  expect_equal(b.run(out, integers.dims), integers);
  EXPECT_LT(frozen_weights_bytes(b.weights.get()), int64_t(layer.weight.size()) * 2);

  // Another plan over the same weights, which are integers now: their values are exact, and so are multiples of 2^-8 as floats.
  b.plan.reset(plan_create(b.context.get(), b.weights.get(), PLAN_INT8));
  const int again = b.convolution(b.input(x), layer, w, bias);
  Integers unrounded{x.dims, {}, kScale / 8};
  for (double v : x.values) unrounded.values.push_back(int(v / unrounded.scale));
  expect_equal(b.run(again, integers.dims), layer(unrounded));
  EXPECT_EQ(b.integer_steps(), 0);
}

TEST_F(QuantizedPlan, RefusesWrongRanges) {
  Builder b, floats(PLAN_F32);
  const Floats x = samples({1, 4, 5, 5}, 8, kScale);
  const int in = b.input(x), f = floats.input(x);
  EXPECT_THROW(plan_set_range(b.plan.get(), in, -1), std::exception);
  EXPECT_THROW(plan_set_range(b.plan.get(), in, NAN), std::exception);
  EXPECT_THROW(plan_set_range(b.plan.get(), 7, 1), std::exception);
  EXPECT_THROW(plan_set_range(floats.plan.get(), f, 1), std::exception);
  EXPECT_THROW(plan_observe(b.plan.get()), std::exception);
}

double squared_error(const std::vector<float>& values, double range, int levels) {
  double error = 0;
  for (float v : values) {
    const double step = range / levels, x = std::min<double>(std::fabs(v), range), difference = std::fabs(v) - std::nearbyint(x / step) * step;
    error += difference * difference;
  }
  return error;
}

TEST_F(QuantizedPlan, RangeLosesLeast) {
  std::mt19937 engine(1);
  std::normal_distribution<float> normal;
  for (const float outlier : {0.f, 20.f, 400.f}) {
    Builder b;
    Floats x{{1, 40, 30, 30}, {}};
    std::vector<float> seen;
    const int in = b.input({x.dims, std::vector<double>(36000)});
    const int out = plan_activation(b.plan.get(), "identity", in, PLAN_RELU, 1, 0, 0);
    b.run(out, x.dims);
    for (int sample = 0; sample < 3; ++sample) {  // of growing size
      std::vector<float> values(36000);
      for (float& v : values) v = normal(engine) * float(sample + 1);
      values[77] = sample == 1 ? outlier : 0;
      tensor_put(b.inputs[0].get(), 0, values.data(), 36000);
      seen.insert(seen.end(), values.begin(), values.end());
      plan_observe(b.plan.get());
    }
    const double range = plan_range(b.plan.get(), in), largest = std::max(outlier, 20.f);
    EXPECT_EQ(range, plan_range(b.plan.get(), out));
    double least = squared_error(seen, largest, 127);
    for (int part = 1; part < 400; ++part) least = std::min(least, squared_error(seen, largest * part / 400, 127));
    EXPECT_LT(squared_error(seen, range, 127), 1.03 * least) << range;
  }
}

TEST_F(QuantizedPlan, RangeZerosHaveNoneAndNanIsRefused) {
  Builder b;
  const int in = b.input({{1, 3, 2, 2}, std::vector<double>(12)});
  b.run(plan_activation(b.plan.get(), "relu", in, PLAN_RELU, 0, 0, 0), {1, 3, 2, 2});
  EXPECT_EQ(plan_range(b.plan.get(), in), 0);
  plan_observe(b.plan.get());
  EXPECT_EQ(plan_range(b.plan.get(), in), 0);
  for (const float wrong : {float(NAN), float(INFINITY)}) {
    tensor_put(b.inputs[0].get(), 3, &wrong, 1);
    EXPECT_THROW(plan_observe(b.plan.get()), std::exception);
  }
}

}  // namespace
}  // namespace caffe4j
