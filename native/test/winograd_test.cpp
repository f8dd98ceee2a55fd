// Convolutions by Winograd's algorithm in inference plans and in training, against sums in double.
#include <cfloat>
#include <cmath>
#include <functional>

#include <oneapi/dnnl/dnnl.hpp>

#include "caffe4j/convolution.h"
#include "caffe4j/elementwise.h"
#include "caffe4j/plan.h"
#include "test_util.h"

namespace caffe4j {
namespace {

struct WeightsDeleter {
  void operator()(FrozenWeights* w) const { frozen_weights_destroy(w); }
};
struct PlanDeleter {
  void operator()(Plan* p) const { plan_destroy(p); }
};

struct Case {
  int64_t batch, channels, height, width, outputs, pad_h, pad_w;
  int threads;
  int64_t out_h() const { return height + 2 * pad_h - 2; }
  int64_t out_w() const { return width + 2 * pad_w - 2; }
  int64_t result_count() const { return batch * outputs * out_h() * out_w(); }
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.batch << "x" << c.channels << "x" << c.height << "x" << c.width << "->" << c.outputs << " p" << c.pad_h << "x" << c.pad_w << ", "
       << c.threads << " threads";
}

struct Operands {
  explicit Operands(const Case& c)
      : x(random_values(c.batch * c.channels * c.height * c.width, 1)), w(random_values(c.outputs * c.channels * 9, 2)),
        b(random_values(c.outputs, 3)), summand(random_values(c.result_count(), 4)), slopes(random_values(c.outputs, 5, 0.1f, 0.5f)) {}
  std::vector<float> x, w, b, summand, slopes;
};

constexpr double kA = 2.0 / 3, kB = 3.0 / 2, kAA = kA * kA, kBB = kB * kB;
constexpr double kByA = 1 / (2 * kAA * (kBB - kAA)), kByB = 1 / (2 * kBB * (kBB - kAA));
// The algorithm's matrices, absolute values, for the points 0, +-2/3, +-3/2 and infinity.
constexpr double kInput[6][6] = {{1, 0, kAA + kBB, 0, 1, 0}, {0, kBB * kA, kBB, kA, 1, 0}, {0, kBB * kA, kBB, kA, 1, 0},
                                 {0, kAA * kB, kAA, kB, 1, 0}, {0, kAA * kB, kAA, kB, 1, 0}, {0, 1, 0, kAA + kBB, 0, 1}};
constexpr double kFilter[6][3] = {{1, 0, 0}, {kByA, kByA * kA, kByA * kAA}, {kByA, kByA * kA, kByA * kAA},
                                  {kByB, kByB * kB, kByB * kBB}, {kByB, kByB * kB, kByB * kBB}, {0, 0, 1}};
constexpr double kBack[4][6] = {{1, 1, 1, 1, 1, 0}, {0, kA, kA, kB, kB, 0}, {0, kAA, kAA, kBB, kBB, 0},
                                {0, kAA * kA, kAA * kA, kBB * kB, kBB * kB, 1}};

/** result = matrix * values * matrix transposed. */
template <int R, int C>
void both_sides(const double (&matrix)[R][C], const double (&values)[C][C], double (&result)[R][R]) {
  for (int i = 0; i < R; ++i)
    for (int j = 0; j < R; ++j) {
      result[i][j] = 0;
      for (int p = 0; p < C; ++p)
        for (int q = 0; q < C; ++q) result[i][j] += matrix[i][p] * values[p][q] * matrix[j][q];
    }
}

double input_at(const Case& c, const Operands& o, int64_t n, int64_t channel, int64_t h, int64_t w) {
  if (h < 0 || h >= c.height || w < 0 || w >= c.width) return 0;
  return o.x[size_t(((n * c.channels + channel) * c.height + h) * c.width + w)];
}

/** The convolution with sums in double. */
std::vector<double> direct(const Case& c, const Operands& o) {
  std::vector<double> y;
  for (int64_t n = 0; n < c.batch; ++n)
    for (int64_t k = 0; k < c.outputs; ++k)
      for (int64_t i = 0; i < c.out_h(); ++i)
        for (int64_t j = 0; j < c.out_w(); ++j) {
          double sum = o.b[size_t(k)];
          for (int64_t q = 0; q < c.channels; ++q)
            for (int64_t p = 0; p < 9; ++p)
              sum += input_at(c, o, n, q, i - c.pad_h + p / 3, j - c.pad_w + p % 3) * o.w[size_t((k * c.channels + q) * 9 + p)];
          y.push_back(sum);
        }
  return y;
}

/**
 * How far floats may take each result from the true one. Whatever is rounded is at most as large as the same algorithm makes it of absolute
 * values with the absolute values of its matrices; each side of the three transforms rounds a value, constants included, at most 5 times on
 * its way, and the sum over channels and the bias round once each time.
 */
std::vector<double> bounds(const Case& c, const Operands& o) {
  std::vector<double> result(size_t(c.result_count()));
  std::vector<double> filters;
  for (int64_t i = 0; i < c.outputs * c.channels; ++i) {
    double g[3][3], u[6][6];
    for (int p = 0; p < 9; ++p) g[p / 3][p % 3] = std::abs(o.w[size_t(i * 9 + p)]);
    both_sides(kFilter, g, u);
    for (int p = 0; p < 36; ++p) filters.push_back(u[p / 6][p % 6]);
  }
  for (int64_t n = 0; n < c.batch; ++n)
    for (int64_t i = 0; i < c.out_h(); i += 4)
      for (int64_t j = 0; j < c.out_w(); j += 4) {
        std::vector<double> inputs;
        for (int64_t q = 0; q < c.channels; ++q) {
          double d[6][6], v[6][6];
          for (int p = 0; p < 36; ++p) d[p / 6][p % 6] = std::abs(input_at(c, o, n, q, i - c.pad_h + p / 6, j - c.pad_w + p % 6));
          both_sides(kInput, d, v);
          for (int p = 0; p < 36; ++p) inputs.push_back(v[p / 6][p % 6]);
        }
        for (int64_t k = 0; k < c.outputs; ++k) {
          double m[6][6] = {}, y[4][4];
          for (int64_t q = 0; q < c.channels; ++q)
            for (int p = 0; p < 36; ++p) m[p / 6][p % 6] += inputs[size_t(q * 36 + p)] * filters[size_t((k * c.channels + q) * 36 + p)];
          both_sides(kBack, m, y);
          for (int64_t p = i; p < std::min(i + 4, c.out_h()); ++p)
            for (int64_t q = j; q < std::min(j + 4, c.out_w()); ++q)
              result[size_t(((n * c.outputs + k) * c.out_h() + p) * c.out_w() + q)] =
                  (y[p - i][q - j] + std::abs(o.b[size_t(k)])) * double(c.channels + 6 * 5 + 1) * FLT_EPSILON / 2;
        }
      }
  return result;
}

/** A plan of one convolution; `fuse` adds post-operations to it, given the number of a value of the result's shape and of slopes. */
class OneConvolution {
 public:
  OneConvolution(const Case& c, const Operands& o, int where, bool blocks, const std::function<void(Plan*, int, int)>& fuse = nullptr)
      : context_(context_create_cpu(c.threads)), weights_(frozen_weights_create()) {
    const std::vector<int64_t> out{c.batch, c.outputs, c.out_h(), c.out_w()};
    x_ = make_tensor(context_.get(), {c.batch, c.channels, c.height, c.width}, o.x);
    summand_ = make_tensor(context_.get(), out, o.summand);
    y_ = make_tensor(context_.get(), out);
    const int w = frozen(make_tensor(context_.get(), {c.outputs, c.channels, 3, 3}, o.w)), b = frozen(make_tensor(context_.get(), {c.outputs}, o.b)),
              slopes = frozen(make_tensor(context_.get(), {c.outputs}, o.slopes));
    plan_.reset(plan_create(context_.get(), weights_.get(), PLAN_F32));
    plan_set_winograd(plan_.get(), where);
    const int64_t three[] = {3, 3}, one[] = {1, 1}, pad[] = {c.pad_h, c.pad_w};
    const int x = plan_input(plan_.get(), x_.get()), summand = plan_input(plan_.get(), summand_.get());
    const int y = plan_convolution(plan_.get(), "conv", x, w, b, c.outputs, 1, three, one, pad, one, 2);
    if (fuse) fuse(plan_.get(), summand, slopes);
    plan_output(plan_.get(), y, y_.get());
    if (blocks) {  // a concatenation of whole blocks makes the plan choose blocks of channels
      joined_ = make_tensor(context_.get(), {1, 32, 2, 2});
      half_ = make_tensor(context_.get(), {1, 16, 2, 2});
      const int half = plan_input(plan_.get(), half_.get());
      const int halves[] = {plan_activation(plan_.get(), "a", half, PLAN_RELU, 0, 0, 0), plan_activation(plan_.get(), "b", half, PLAN_RELU, 0, 0, 0)};
      plan_output(plan_.get(), plan_concat(plan_.get(), "concat", halves, 2, 1), joined_.get());
    }
    plan_compile(plan_.get());
  }

  bool is_winograd() const {
    for (int i = 0; i < plan_steps(plan_.get()); ++i) {
      if (std::string(plan_step_kernel(plan_.get(), i)).rfind("winograd", 0) == 0) return true;
    }
    return false;
  }

  std::vector<float> forward() {
    plan_forward(plan_.get(), nullptr);
    return values_of(y_.get());
  }

 private:
  int frozen(TensorPtr values) {
    const int number = frozen_weights_add(weights_.get(), values.get());
    kept_.push_back(std::move(values));
    return number;
  }

  ContextPtr context_;
  std::unique_ptr<FrozenWeights, WeightsDeleter> weights_;
  std::vector<TensorPtr> kept_;
  TensorPtr x_, summand_, y_, half_, joined_;
  std::unique_ptr<Plan, PlanDeleter> plan_;
};

class WinogradTest : public testing::TestWithParam<std::tuple<bool, Case>> {};

TEST_P(WinogradTest, AgreesWithDirectSums) {
  const auto& [blocks, c] = GetParam();
  const Operands o(c);
  OneConvolution plan(c, o, PLAN_WINOGRAD_ALWAYS, blocks);
  ASSERT_TRUE(plan.is_winograd());
  const std::vector<float> y = plan.forward();
  const std::vector<double> expected = direct(c, o), bound = bounds(c, o);
  for (size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], bound[i]) << "at element " << i;
}

INSTANTIATE_TEST_SUITE_P(Shapes, WinogradTest,
                         testing::Combine(testing::Bool(), testing::Values(Case{1, 16, 8, 8, 16, 1, 1, 1},      // whole tiles
                                                                           Case{1, 32, 13, 11, 48, 1, 1, 2},    // odd sizes
                                                                           Case{2, 32, 7, 7, 32, 0, 0, 2},      // no padding, two images
                                                                           Case{3, 16, 9, 5, 64, 2, 2, 2},      // much padding
                                                                           Case{1, 32, 6, 10, 32, 0, 2, 3},     // different paddings
                                                                           Case{1, 19, 10, 9, 21, 1, 1, 2},     // channels are no whole blocks
                                                                           Case{2, 5, 6, 6, 3, 1, 1, 2},        // less than one block
                                                                           Case{1, 16, 1, 2, 32, 1, 1, 2},      // two pixels
                                                                           Case{1, 16, 4, 3, 16, 0, 0, 1},      // two results
                                                                           Case{1, 16, 1, 2, 16, 2, 2, 1},      // mostly padding
                                                                           Case{4, 300, 4, 4, 40, 1, 1, 2},     // weights in several pieces
                                                                           Case{1, 40, 60, 60, 24, 1, 1, 2},    // many tiles: threads share these
                                                                           Case{1, 40, 60, 60, 24, 1, 1, 1},
                                                                           Case{2, 200, 28, 28, 100, 1, 1, 3})));

/** A post-operation and what it makes of a result. */
struct Fused {
  const char* name;
  std::function<void(Plan*, int, int)> fuse;
  std::function<double(double y, double summand, double slope)> expected;
};

class WinogradPostTest : public testing::TestWithParam<std::tuple<bool, int>> {};

double relu(double y) { return std::max(y, 0.0); }

const Fused kFused[] = {
    {"relu", [](Plan* p, int, int) { plan_fuse_activation(p, PLAN_RELU, 0, 0, 0); }, [](double y, double, double) { return relu(y); }},
    {"leaky", [](Plan* p, int, int) { plan_fuse_activation(p, PLAN_RELU, 0.25f, 0, 0); },
     [](double y, double, double) { return y > 0 ? y : y / 4; }},
    {"clip", [](Plan* p, int, int) { plan_fuse_activation(p, ELEMENTWISE_CLIP, 0, 1, 0); },
     [](double y, double, double) { return std::min(relu(y), 1.0); }},
    {"prelu", [](Plan* p, int, int slopes) { plan_fuse_prelu(p, slopes); }, [](double y, double, double slope) { return y > 0 ? y : y * slope; }},
    {"sum, relu",
     [](Plan* p, int summand, int) {
       plan_fuse_sum(p, summand, 1);
       plan_fuse_activation(p, PLAN_RELU, 0, 0, 0);
     },
     [](double y, double summand, double) { return relu(y + summand); }},
    {"prelu, scaled sum",
     [](Plan* p, int summand, int slopes) {
       plan_fuse_prelu(p, slopes);
       plan_fuse_sum(p, summand, 0.5f);
     },
     [](double y, double summand, double slope) { return (y > 0 ? y : y * slope) + summand / 2; }},
    // The ones below are steps of their own.
    {"clip without 0", [](Plan* p, int, int) { plan_fuse_activation(p, ELEMENTWISE_CLIP, 0.25f, 1, 0); },
     [](double y, double, double) { return std::min(std::max(y, 0.25), 1.0); }},
    {"relu, sigmoid",
     [](Plan* p, int, int) {
       plan_fuse_activation(p, PLAN_RELU, 0, 0, 0);
       plan_fuse_activation(p, ELEMENTWISE_SIGMOID, 0, 0, 0);
     },
     [](double y, double, double) { return 1 / (1 + std::exp(-relu(y))); }},
};

TEST_P(WinogradPostTest, FollowsTheSum) {
  const auto& [blocks, number] = GetParam();
  const Fused& fused = kFused[number];
  SCOPED_TRACE(fused.name);
  const Case c{2, 24, 7, 9, 37, 1, 1, 2};
  const Operands o(c);
  OneConvolution plan(c, o, PLAN_WINOGRAD_ALWAYS, blocks, fused.fuse);
  ASSERT_TRUE(plan.is_winograd());
  const std::vector<float> y = plan.forward();
  const std::vector<double> expected = direct(c, o), bound = bounds(c, o);
  const int64_t plane = c.out_h() * c.out_w();
  for (size_t i = 0; i < y.size(); ++i) {
    const double wanted = fused.expected(expected[i], o.summand[i], o.slopes[size_t(int64_t(i) / plane % c.outputs)]);
    // No post-operation makes an error larger; each rounds a few times itself.
    ASSERT_NEAR(y[i], wanted, bound[i] + 4 * FLT_EPSILON * (std::abs(expected[i]) + 1)) << "at element " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Posts, WinogradPostTest, testing::Combine(testing::Bool(), testing::Range(0, int(std::size(kFused)))));

TEST(Winograd, GivesTheSameForAnyNumberOfThreads) {
  Case c{1, 48, 40, 40, 64, 1, 1, 1};
  const Operands o(c);
  const std::vector<float> one = OneConvolution(c, o, PLAN_WINOGRAD_ALWAYS, false).forward();
  for (int threads : {2, 5}) {
    c.threads = threads;
    OneConvolution plan(c, o, PLAN_WINOGRAD_ALWAYS, false);
    EXPECT_EQ(plan.forward(), one);
    EXPECT_EQ(plan.forward(), one);
  }
}

TEST(Winograd, IsUsedWhereItPays) {
  const Case large{1, 64, 56, 56, 64, 1, 1, 2}, shallow{1, 3, 56, 56, 64, 1, 1, 2};
  EXPECT_TRUE(OneConvolution(large, Operands(large), PLAN_WINOGRAD_AUTO, false).is_winograd());
  EXPECT_FALSE(OneConvolution(large, Operands(large), PLAN_WINOGRAD_NEVER, false).is_winograd());
  EXPECT_FALSE(OneConvolution(shallow, Operands(shallow), PLAN_WINOGRAD_AUTO, false).is_winograd());
}

/** The convolution that is the gradient by the data of another one: over the gradient of its result, with filters transposed and turned. */
Case backward_data_of(const Case& c) {
  return {c.batch, c.outputs, c.out_h(), c.out_w(), c.channels, 2 - c.pad_h, 2 - c.pad_w, c.threads};
}

Operands backward_data_of(const Case& c, const Operands& o) {
  Operands result(backward_data_of(c));
  std::fill(result.b.begin(), result.b.end(), 0.f);
  for (int64_t k = 0; k < c.outputs; ++k)
    for (int64_t q = 0; q < c.channels; ++q)
      for (int64_t p = 0; p < 9; ++p) result.w[size_t((q * c.outputs + k) * 9 + p)] = o.w[size_t((k * c.channels + q) * 9 + 8 - p)];
  return result;
}

void expect_near(const std::vector<float>& y, const Case& c, const Operands& o) {
  const std::vector<double> expected = direct(c, o), bound = bounds(c, o);
  for (size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], bound[i]) << "at element " << i;
}

class WinogradTrainingTest : public testing::TestWithParam<Case> {};

TEST_P(WinogradTrainingTest, AgreesWithDirectSums) {
  const Case& c = GetParam();
  const Operands o(c), back = backward_data_of(c, o);
  ContextPtr context(context_create_cpu(c.threads));
  const int64_t three[] = {3, 3}, one[] = {1, 1}, pad[] = {c.pad_h, c.pad_w};
  const std::unique_ptr<Convolution, void (*)(Convolution*)> op(
      convolution_create(context.get(), ENGINE_DEFAULT, c.channels, c.outputs, 1, three, one, pad, one, 2, false), convolution_destroy);
  TensorPtr x = make_tensor(context.get(), {c.batch, c.channels, c.height, c.width}, o.x), b = make_tensor(context.get(), {c.outputs}, o.b),
            w = make_tensor(context.get(), {c.outputs, c.channels, 3, 3}, o.w), y = make_tensor(context.get(), {c.batch, c.outputs, c.out_h(), c.out_w()}),
            dy = make_tensor(context.get(), {c.batch, c.outputs, c.out_h(), c.out_w()}, back.x),
            dx = make_tensor(context.get(), {c.batch, c.channels, c.height, c.width});
#if defined(__x86_64__)
  const bool blocks = (unsigned(dnnl::get_effective_cpu_isa()) & unsigned(dnnl::cpu_isa::avx512_core)) == unsigned(dnnl::cpu_isa::avx512_core);
#else
  const bool blocks = false;  // of 16 channels: whether oneDNN chooses them there is its own affair
#endif
  const auto is_winograd = [&] { return std::string(convolution_implementation(op.get())) == "winograd F(4x4, 3x3)"; };
  for (int round = 0; round < 2; ++round) {  // the second on weights and primitives that the first prepared
    convolution_forward(op.get(), x.get(), w.get(), b.get(), y.get());
    EXPECT_TRUE(is_winograd() || !blocks);
    expect_near(values_of(y.get()), c, o);
    convolution_backward_data(op.get(), dy.get(), w.get(), nullptr, dx.get());
    EXPECT_TRUE(is_winograd() || !blocks);
    expect_near(values_of(dx.get()), backward_data_of(c), back);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, WinogradTrainingTest,
                         testing::Values(Case{2, 64, 28, 28, 64, 1, 1, 2},     // threads share tiles out
                                         Case{2, 128, 14, 13, 160, 1, 1, 2},   // blocks of outputs
                                         Case{2, 40, 30, 26, 60, 1, 1, 2},     // channels are no whole blocks
                                         Case{2, 48, 18, 20, 64, 0, 2, 1}));   // other paddings

TEST(Winograd, OtherChoicesAreRefused) {
  ContextPtr context(context_create_cpu(1));
  std::unique_ptr<FrozenWeights, WeightsDeleter> weights(frozen_weights_create());
  std::unique_ptr<Plan, PlanDeleter> plan(plan_create(context.get(), weights.get(), PLAN_F32));
  EXPECT_ANY_THROW(plan_set_winograd(plan.get(), 3));
}

}  // namespace
}  // namespace caffe4j
