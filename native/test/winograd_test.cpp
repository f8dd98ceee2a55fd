// Convolutions by Winograd's algorithm in inference plans and in training, against sums in double.

#include "caffe4j/convolution.h"
#include "processor.h"
#include "winograd_cases.h"

namespace caffe4j::winograd_cases {
namespace {

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

class WinogradPostTest : public testing::TestWithParam<std::tuple<bool, Types, int>> {};

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
  const auto& [blocks, types, number] = GetParam();
  const bool bf16 = types != Types::FLOAT;
  if (bf16 && !plan_precision_is_fast(PLAN_BF16)) GTEST_SKIP() << kNoBf16;
  const Fused& fused = kFused[number];
  SCOPED_TRACE(fused.name);
  const Case c{2, 24, 7, 9, 37, 1, 1, 2};
  const Operands o(c, bf16);
  OneConvolution plan(c, o, PLAN_WINOGRAD_ALWAYS, blocks, fused.fuse, types);
  ASSERT_TRUE(plan.is_winograd());
  const std::vector<float> y = plan.forward();
  const std::vector<double> expected = direct(c, o), bound = bounds(c, o, bf16);
  const int64_t plane = c.out_h() * c.out_w();
  for (size_t i = 0; i < y.size(); ++i) {
    const double wanted = fused.expected(expected[i], o.summand[i], o.slopes[size_t(int64_t(i) / plane % c.outputs)]);
    // No post-operation makes an error larger; each rounds a few times itself.
    double allowed = bound[i] + 4 * FLT_EPSILON * (std::abs(expected[i]) + 1);
    if (types == Types::BF16) allowed += (std::abs(expected[i]) + std::abs(wanted) + allowed) / 128;  // a step of its own rounds before it and behind
    ASSERT_NEAR(y[i], wanted, allowed) << "at element " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Posts, WinogradPostTest,
                         testing::Combine(testing::Bool(), testing::Values(Types::FLOAT, Types::BF16, Types::BF16_TO_FLOAT),
                                          testing::Range(0, int(std::size(kFused)))));

TEST(Winograd, GivesTheSameForAnyNumberOfThreads) {
  for (Types types : {Types::FLOAT, Types::BF16}) {
    if (types == Types::BF16 && !plan_precision_is_fast(PLAN_BF16)) GTEST_SKIP() << kNoBf16;
    Case c{1, 80, 40, 40, 64, 1, 1, 1};
    const Operands o(c);
    const std::vector<float> one = OneConvolution(c, o, PLAN_WINOGRAD_ALWAYS, false, nullptr, types).forward();
    for (int threads : {2, 5}) {
      c.threads = threads;
      OneConvolution plan(c, o, PLAN_WINOGRAD_ALWAYS, false, nullptr, types);
      EXPECT_EQ(plan.forward(), one);
      EXPECT_EQ(plan.forward(), one);
    }
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
  const bool blocks = processor_has(dnnl::cpu_isa::avx512_core);
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
}  // namespace caffe4j::winograd_cases
