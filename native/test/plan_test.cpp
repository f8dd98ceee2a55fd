// Inference plans: places in the arena, fused post-operations, computing in parts, and what is refused.
#include <functional>

#include "caffe4j/elementwise.h"
#include "caffe4j/lrn.h"
#include "caffe4j/pooling.h"
#include "plan/arena.h"
#include "plan_fixture.h"

namespace caffe4j {
namespace {

void expect_near(const std::vector<float>& expected, const std::vector<float>& actual) {
  ASSERT_EQ(expected.size(), actual.size());
  float scale = 0;
  for (float v : expected) scale = std::max(scale, std::abs(v));
  for (size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(expected[i], actual[i], 1e-5f * scale) << "at " << i;
}

TEST(ArenaTest, BlocksInUseAtTheSameTimeDoNotOverlap) {
  std::vector<ArenaBlock> blocks;
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    const int first = int(random() % 50), last = first + int(random() % 8);
    blocks.push_back({int64_t(random() % 5000) + 1, first, last});
  }
  std::vector<ArenaBlock*> pointers;
  for (ArenaBlock& b : blocks) pointers.push_back(&b);
  const int64_t bytes = place_blocks(pointers);
  for (const ArenaBlock& a : blocks) {
    EXPECT_EQ(0, a.offset % 64);
    EXPECT_LE(a.offset + a.bytes, bytes);
    for (const ArenaBlock& b : blocks) {
      const bool together = &a != &b && a.first <= b.last && b.first <= a.last;
      EXPECT_TRUE(!together || a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset);
    }
  }
}

TEST(ArenaTest, BlocksWithoutCommonStepsShareMemory) {
  ArenaBlock a{1000, 0, 1}, b{1000, 1, 2}, c{1000, 2, 3};
  EXPECT_EQ(2024, place_blocks({&a, &b, &c}));
  EXPECT_EQ(a.offset, c.offset);
  EXPECT_EQ(0, place_blocks({}));
}

TEST_F(PlanTest, AnArenaHoldsTwoNeighboursOfAChain) {
  TensorPtr x = make_tensor(context_.get(), {1, 16, 8, 8}, random_values(1024, 1));
  int value = plan_input(plan_.get(), x.get());
  for (unsigned i = 0; i < 6; ++i) value = convolution(value, 16, 16, 3, 1, 1, 10 * i);
  run(value, {1, 16, 8, 8});
  EXPECT_EQ(2 * 4096, plan_arena_bytes(plan_.get()));
}

TEST_F(PlanTest, PostOperationsAreFusedInTheirOrder) {
  const std::vector<float> image = random_values(2 * 8 * 36, 2);
  std::vector<float> apart, fused;
  for (bool fuse : {false, true}) {
    start();
    TensorPtr x = make_tensor(context_.get(), {2, 8, 6, 6}, image);
    const int input = plan_input(plan_.get(), x.get());
    const int first = convolution(input, 8, 8, 1, 1, 0, 5);
    int value = convolution(input, 8, 8, 3, 1, 1, 7);
    const int slope = weight({8}, 9);
    if (fuse) {
      plan_fuse_prelu(plan_.get(), slope);
      plan_fuse_sum(plan_.get(), first, 1);
      plan_fuse_activation(plan_.get(), PLAN_RELU, 0, 0, 0);
    } else {
      value = plan_prelu(plan_.get(), "prelu", value, slope);
      const int both[] = {value, first};
      value = plan_activation(plan_.get(), "relu", plan_eltwise(plan_.get(), "sum", PLAN_SUM, both, 2, nullptr), PLAN_RELU, 0, 0, 0);
    }
    (fuse ? fused : apart) = run(value, {2, 8, 6, 6});
#if defined(__x86_64__)  // kernels elsewhere take fewer post-operations
    if (fuse) {
      int kernels = 0;
      for (int i = 0; i < plan_steps(plan_.get()); ++i) kernels += std::string(plan_step_kernel(plan_.get(), i)).rfind("reorder", 0) != 0;
      EXPECT_EQ(2, kernels);
    }
#endif
  }
  expect_near(apart, fused);
}

/** oneDNN's SVE kernels take blocks of 16 channels, and one of them does not stop at the last. */
TEST_F(PlanTest, DepthwiseDeconvolutionsOfAnyChannelsGiveTheirSums) {
  for (int64_t channels : {3, 16, 20}) {
    start();
    const std::vector<float> image = random_values(channels * 9, 3), taps = random_values(channels * 16, 4);
    TensorPtr x = make_tensor(context_.get(), {1, channels, 3, 3}, image), w = make_tensor(context_.get(), {channels, 1, 4, 4}, taps);
    const int64_t k[] = {4, 4}, s[] = {2, 2}, p[] = {1, 1}, d[] = {1, 1};
    const int value = plan_deconvolution(plan_.get(), "deconv", plan_input(plan_.get(), x.get()), frozen_weights_add(weights_.get(), w.get()), -1,
                                         channels, channels, k, s, p, d, 2);
    std::vector<float> expected(channels * 36);
    for (int64_t i = 0; i < channels * 9; ++i) {
      for (int64_t j = 0; j < 16; ++j) {
        const int64_t c = i / 9, y = i % 9 / 3 * 2 - 1 + j / 4, z = i % 3 * 2 - 1 + j % 4;
        if (y >= 0 && y < 6 && z >= 0 && z < 6) expected[c * 36 + y * 6 + z] += image[i] * taps[c * 16 + j];
      }
    }
    expect_near(expected, run(value, {1, channels, 6, 6}));
  }
}

/** Large enough to be computed in bands of rows; kept is every value as an output, which bands would hide. */
using Dims = std::vector<int64_t>;

int64_t product(const Dims& dims) {
  int64_t count = 1;
  for (int64_t d : dims) count *= d;
  return count;
}

/** The part of `dims` values of an array of shape `whole` that begins at `begin`. */
std::vector<float> part_of(const std::vector<float>& values, const Dims& whole, const Dims& begin, const Dims& dims) {
  std::vector<float> part;
  for (int64_t i = 0; i < product(dims); ++i) {
    int64_t rest = i, from = 0, stride = 1;
    for (size_t axis = dims.size(); axis-- > 0; rest /= dims[axis], stride *= whole[axis]) from += (begin[axis] + rest % dims[axis]) * stride;
    part.push_back(values[size_t(from)]);
  }
  return part;
}

TEST_F(PlanTest, PartsOfAnInput) {
  struct Case {
    Dims whole, begin, dims;
  };
  for (const Case& c : {Case{{2, 5, 6, 7}, {0, 1, 0, 0}, {2, 3, 6, 7}}, Case{{1, 5, 6, 7}, {0, 0, 2, 3}, {1, 5, 3, 4}}, Case{{3, 8}, {0, 2}, {3, 5}},
                        Case{{3, 8}, {1, 0}, {2, 8}}, Case{{4, 5, 6, 7}, {1, 0, 0, 2}, {2, 5, 6, 5}}, Case{{2, 3, 4}, {0, 0, 0}, {2, 3, 4}}}) {
    SCOPED_TRACE(testing::PrintToString(c.whole) + " from " + testing::PrintToString(c.begin));
    start();
    const std::vector<float> values = random_values(product(c.whole), 4);
    TensorPtr x = make_tensor(context_.get(), c.whole, values);
    const int part = plan_slice(plan_.get(), "part", plan_input(plan_.get(), x.get()), c.begin.data(), c.dims.data(), int(c.dims.size()));
    EXPECT_EQ(part_of(values, c.whole, c.begin, c.dims), run(part, c.dims));
  }
}

TEST_F(PlanTest, PartsInOnePieceCostNothing) {
  const std::vector<float> image = random_values(32 * 64, 2);
  for (const bool blocks : {true, false}) {  // of 16 channels, which the concatenation asks for, or channels last
    start();
    TensorPtr x = make_tensor(context_.get(), {1, 32, 8, 8}, image);
    const int whole = convolution(plan_input(plan_.get(), x.get()), 32, 48, 1, 1, 0, 3);
    const int64_t begin[] = {0, 16, 0, 0}, dims[] = {1, 32, 8, 8}, rows[] = {0, 0, 2, 0}, some[] = {1, 48, 5, 8};
    const int middle = plan_slice(plan_.get(), "channels", whole, begin, dims, 4), band = plan_slice(plan_.get(), "rows", whole, rows, some, 4);
    const int left = convolution(middle, 32, 16, 1, 1, 0, 5), right = convolution(middle, 32, 16, 3, 1, 1, 7);
    const int both[] = {left, right}, joined = blocks ? plan_concat(plan_.get(), "concat", both, 2, 1) : left;
    TensorPtr y = make_tensor(context_.get(), {1, 16, 3, 6});
    plan_output(plan_.get(), convolution(band, 48, 16, 3, 1, 0, 9), y.get());
    run(joined, {1, blocks ? 32 : 16, 8, 8});
    for (int i = 0; has_blocks_of_16() && i < plan_steps(plan_.get()); ++i) {
      EXPECT_NE(blocks ? 1 : 2, plan_step_operation(plan_.get(), i)) << plan_step_kernel(plan_.get(), i);
    }
  }
}

TEST_F(PlanTest, PartsOfBlocksGiveTheirValues) {
  const std::vector<float> image = random_values(16 * 25, 2);
  for (const auto& [begin, count] : std::vector<std::pair<int64_t, int64_t>>{{0, 32}, {16, 24}, {32, 8}, {0, 5}, {3, 20}, {16, 7}}) {
    SCOPED_TRACE(testing::Message() << count << " channels from " << begin);
    std::vector<float> wholes, parts;
    for (const bool cut : {false, true}) {
      start();
      TensorPtr x = make_tensor(context_.get(), {1, 16, 5, 5}, image);
      const int whole = convolution(plan_input(plan_.get(), x.get()), 16, 40, 1, 1, 0, 3);
      const int both[] = {convolution(whole, 40, 16, 1, 1, 0, 5), convolution(whole, 40, 16, 1, 1, 0, 7)};  // ask for blocks
      TensorPtr y = make_tensor(context_.get(), {1, 32, 5, 5});
      plan_output(plan_.get(), plan_concat(plan_.get(), "concat", both, 2, 1), y.get());
      if (!cut) {
        wholes = run(whole, {1, 40, 5, 5});
        continue;
      }
      const Dims offset{0, begin, 0, 0}, dims{1, count, 5, 5};
      const int part = plan_slice(plan_.get(), "part", whole, offset.data(), dims.data(), 4);
      const int fused = plan_activation(plan_.get(), "relu", part, PLAN_RELU, 0, 0, 0);
      parts = run(fused, dims);
    }
    std::vector<float> expected = part_of(wholes, {1, 40, 5, 5}, {0, begin, 0, 0}, {1, count, 5, 5});
    for (float& v : expected) v = std::max(v, 0.f);
    expect_near(expected, parts);
  }
}

TEST_F(PlanTest, RowsInBandsGiveWhatAWholeGives) {
  struct Case {
    int64_t kernel, stride, pad;
    int method;
    int64_t pool, pool_stride, h, w;
  };
  for (const Case& c : {Case{3, 1, 1, POOLING_MAX, 2, 2, 64, 40}, Case{5, 1, 2, POOLING_MAX, 3, 2, 65, 33}, Case{3, 2, 1, POOLING_AVE, 3, 2, 129, 60},
                        Case{7, 1, 0, POOLING_AVE, 2, 3, 82, 37}}) {
    std::vector<float> whole, bands;
    const auto conv_out = [&](int64_t in) { return (in + 2 * c.pad - c.kernel) / c.stride + 1; };
    const auto pool_out = [&](int64_t in) { return (in - c.pool + c.pool_stride - 1) / c.pool_stride + 1; };
    const int64_t h = conv_out(c.h), w = conv_out(c.w), oh = pool_out(h), ow = pool_out(w);
    const std::vector<float> image = random_values(3 * c.h * c.w, 4);
    int64_t bytes[2];
    for (bool keep : {true, false}) {
      start();
      TensorPtr x = make_tensor(context_.get(), {1, 3, c.h, c.w}, image), kept = make_tensor(context_.get(), {1, 64, h, w});
      int value = convolution(plan_input(plan_.get(), x.get()), 3, 64, c.kernel, c.stride, c.pad, 11);
      plan_fuse_activation(plan_.get(), PLAN_RELU, 0, 0, 0);
      if (keep) plan_output(plan_.get(), value, kept.get());
      value = convolution(pooling(value, c.method, c.pool, c.pool_stride, oh, ow), 64, 16, 3, 1, 1, 13);
      (keep ? whole : bands) = run(value, {1, 16, oh, ow});
      bytes[keep] = plan_arena_bytes(plan_.get());
    }
    expect_near(whole, bands);
    const int64_t convolved = 64 * h * w * 4, pooled = 64 * oh * ow * 4;
    EXPECT_LT(bytes[0], (convolved + pooled) * 3 / 4) << "of " << convolved << " and " << pooled;
  }
}

/** Small enough to be one step: convolution, ReLU and pooling; kept is the convolution's result as an output, so that it is two. */
TEST_F(PlanTest, PoolingWhileConvolvingGivesWhatBothGive) {
  struct Case {
    int64_t batch, channels, outputs, kernel, stride, pad;
    int method;
    int64_t pool, pool_stride, pool_pad, h, w;
    float slope, pooled_slope;
  };
  const Case cases[] = {
      {1, 1, 20, 5, 1, 0, POOLING_MAX, 2, 2, 0, 28, 28, 1, 1},       {3, 20, 50, 5, 1, 0, POOLING_MAX, 2, 2, 0, 12, 12, 0, 1},
      {2, 3, 32, 5, 1, 0, POOLING_MAX, 3, 2, 0, 32, 32, 0.1f, 1},    {1, 32, 32, 5, 1, 0, POOLING_AVE, 3, 2, 0, 20, 20, 0, 1},
      {1, 5, 33, 3, 2, 0, POOLING_AVE, 3, 2, 1, 33, 24, 0, 1},       {2, 2, 26, 4, 3, 0, POOLING_MAX, 4, 3, 2, 46, 18, 1, 1},
      {1, 3, 32, 5, 1, 2, POOLING_MAX, 3, 2, 0, 32, 32, 1, 0},       {2, 32, 32, 5, 1, 2, POOLING_AVE, 3, 2, 0, 16, 16, 0, 1},
      {1, 32, 64, 5, 1, 2, POOLING_AVE, 3, 2, 0, 8, 8, 0, 0.3f},     {3, 7, 48, 3, 1, 1, POOLING_MAX, 3, 3, 1, 19, 13, 1, 0.2f},
      {1, 6, 24, 5, 2, 2, POOLING_AVE, 5, 2, 2, 31, 21, 0.1f, 0.5f}, {2, 2, 16, 7, 2, 3, POOLING_MAX, 3, 1, 1, 40, 34, 1, 1},
      {1, 4, 80, 3, 1, 1, POOLING_AVE, 7, 1, 0, 12, 9, 0, 1},        {2, 3, 16, 5, 1, 2, POOLING_MAX, 3, 2, 2, 9, 11, 1, 0},
      {1, 3, 16, 3, 1, 0, POOLING_MAX, 2, 3, 0, 13, 13, 1, 0},      {3, 4, 24, 3, 1, 1, POOLING_AVE, 21, 1, 0, 21, 21, 0, 1},
      {2, 9, 40, 3, 1, 0, POOLING_AVE, 11, 1, 0, 15, 14, 0, 1}};
  for (const int threads : {1, 2, 5}) {
    plan_.reset();
    weights_.reset();
    context_ = make_context(threads);
    for (const Case& c : cases) {
      const auto conv_out = [&](int64_t in) { return (in + 2 * c.pad - c.kernel) / c.stride + 1; };
      const auto pool_out = [&](int64_t in) { return (in + 2 * c.pool_pad - c.pool + c.pool_stride - 1) / c.pool_stride + 1; };
      const int64_t h = conv_out(c.h), w = conv_out(c.w), oh = pool_out(h), ow = pool_out(w);
      const std::vector<float> image = random_values(c.batch * c.channels * c.h * c.w, 4);
      std::vector<float> both, one;
      for (bool keep : {true, false}) {
        start();
        plan_set_winograd(plan_.get(), PLAN_WINOGRAD_NEVER);
        TensorPtr x = make_tensor(context_.get(), {c.batch, c.channels, c.h, c.w}, image);
        TensorPtr kept = make_tensor(context_.get(), {c.batch, c.outputs, h, w});
        int value = convolution(plan_input(plan_.get(), x.get()), c.channels, c.outputs, c.kernel, c.stride, c.pad, 11);
        if (c.slope != 1) plan_fuse_activation(plan_.get(), PLAN_RELU, c.slope, 0, 0);
        if (keep) plan_output(plan_.get(), value, kept.get());
        value = plan_pooling(plan_.get(), "pool", value, c.method, c.pool, c.pool, c.pool_stride, c.pool_stride, c.pool_pad, c.pool_pad, oh, ow);
        if (c.pooled_slope != 1) value = plan_activation(plan_.get(), "relu", value, PLAN_RELU, c.pooled_slope, 0, 0);
        (keep ? both : one) = run(value, {c.batch, c.outputs, oh, ow});
        if (keep) continue;
        // One step, and conversions of the image and of the result at most.
        int joint = 0;
        for (int i = 0; i < plan_steps(plan_.get()); ++i) {
          joint += plan_step_kernel(plan_.get(), i) == std::string("convolution and pooling, channels last");
        }
        EXPECT_EQ(1, joint);
        EXPECT_EQ(plan_steps(plan_.get()), joint + plan_reorders(plan_.get()));
      }
      expect_near(both, one);
    }
  }
}

/** The layers up to the inner products of LeNet and of Caffe's two nets for CIFAR-10. */
TEST_F(PlanTest, SmallNetsTakeAQuarterOfTheirValues) {
  const auto expect_quarter = [&](const std::string& net, int64_t batch) {
    const bool lenet = net == "lenet";
    const int64_t side = lenet ? 28 : 32, channels = lenet ? 1 : 3;
    int64_t values = side * side * channels;
    const auto counted = [&](int64_t count, int value) {
      values += count;
      return value;
    };
    const auto relu = [&](int value) { return plan_activation(plan_.get(), "relu", value, PLAN_RELU, 0, 0, 0); };
    const auto norm = [&](int value, int64_t count) {
      return net == "full" ? counted(count, plan_lrn(plan_.get(), "norm", value, LRN_WITHIN_CHANNEL, 3, 5e-5f, 0.75f, 1)) : value;
    };
    start();
    TensorPtr x = make_tensor(context_.get(), {batch, channels, side, side}, random_values(batch * values, 1));
    int value = plan_input(plan_.get(), x.get());
    if (lenet) {
      value = counted(20 * 24 * 24, convolution(value, 1, 20, 5, 1, 0, 1));
      value = counted(20 * 12 * 12, pooling(value, POOLING_MAX, 2, 2, 12, 12));
      value = counted(50 * 8 * 8, convolution(value, 20, 50, 5, 1, 0, 3));
      value = counted(50 * 4 * 4, pooling(value, POOLING_MAX, 2, 2, 4, 4));
      run(relu(value), {batch, 50, 4, 4});
    } else {
      value = counted(32 * 32 * 32, convolution(value, 3, 32, 5, 1, 2, 1));
      value = relu(counted(32 * 16 * 16, pooling(value, POOLING_MAX, 3, 2, 16, 16)));
      value = counted(32 * 16 * 16, convolution(norm(value, 32 * 16 * 16), 32, 32, 5, 1, 2, 3));
      plan_fuse_activation(plan_.get(), PLAN_RELU, 0, 0, 0);
      value = counted(32 * 8 * 8, pooling(value, POOLING_AVE, 3, 2, 8, 8));
      value = counted(64 * 8 * 8, convolution(norm(value, 32 * 8 * 8), 32, 64, 5, 1, 2, 5));
      plan_fuse_activation(plan_.get(), PLAN_RELU, 0, 0, 0);
      run(counted(64 * 4 * 4, pooling(value, POOLING_AVE, 3, 2, 4, 4)), {batch, 64, 4, 4});
    }
    EXPECT_LE(plan_arena_bytes(plan_.get()), batch * values) << net << ", batch " << batch;  // of 4 bytes each
  };
  for (const char* net : {"lenet", "quick", "full"}) {
    for (const int64_t batch : {1, 2, 5, 100}) expect_quarter(net, batch);
  }
}

TEST_F(PlanTest, ABatchInPartsGivesWhatEachImageGives) {
  constexpr int64_t kBatch = 7, kImage = 3 * 40 * 40;
  const std::vector<float> images = random_values(kBatch * kImage, 6);
  std::vector<float> together, apart;
  for (bool all : {true, false}) {
    for (int64_t i = 0; i < (all ? 1 : kBatch); ++i) {
      start();
      const auto from = images.begin() + i * kImage;
      TensorPtr x = make_tensor(context_.get(), {all ? kBatch : 1, 3, 40, 40}, std::vector<float>(from, all ? images.end() : from + kImage));
      const int first = convolution(plan_input(plan_.get(), x.get()), 3, 32, 3, 1, 1, 21);
      const int second = convolution(first, 32, 32, 3, 1, 1, 23);
      plan_fuse_sum(plan_.get(), first, 1);
      const int joined[] = {first, second};
      const int pooled = pooling(plan_concat(plan_.get(), "concat", joined, 2, 1), POOLING_MAX, 4, 4, 10, 10);
      const int product = plan_inner_product(plan_.get(), "ip", pooled, weight({5, 6400}, 25), -1, 5, false);
      const std::vector<float> y = run(product, {all ? kBatch : 1, 5});
      (all ? together : apart).insert((all ? together : apart).end(), y.begin(), y.end());
      if (all) {
        EXPECT_LT(plan_arena_bytes(plan_.get()), kBatch * 1600 * 4 * (3 + 128) / 4);
      }
    }
  }
  expect_near(apart, together);
}

/** Weights of so many bytes are packed some rows at a time; the last rows fill no block. */
TEST_F(PlanTest, AWeightThatIsPackedAnewIsTakenFromOtherPlans) {
  const int64_t inputs = 64, outputs = 96;
  const int w = weight({outputs, inputs}, 1), b = weight({outputs}, 2);
  const TensorPtr one = make_tensor(context_.get(), {1, inputs}, random_values(inputs, 3)),
                  many = make_tensor(context_.get(), {32, inputs}, random_values(32 * inputs, 4));
  struct Made {
    std::unique_ptr<Plan, PlanDeleter> plan;
    TensorPtr result;

    std::vector<float> run() const {
      plan_forward(plan.get(), nullptr);
      return values_of(result.get());
    }
  };
  const auto make = [&](const TensorPtr& input, int64_t rows, Plan* other) {
    Made made{std::unique_ptr<Plan, PlanDeleter>(plan_create(context_.get(), weights_.get(), PLAN_F32)), make_tensor(context_.get(), {rows, outputs})};
    plan_output(made.plan.get(), plan_inner_product(made.plan.get(), "ip", plan_input(made.plan.get(), input.get()), w, b, outputs, false), made.result.get());
    if (other != nullptr) plan_take_from(made.plan.get(), other);
    plan_compile(made.plan.get());
    return made;
  };
  const Made apart = make(one, 1, nullptr);
  const std::vector<float> expected = apart.run();
  EXPECT_FALSE(plan_is_outdated(apart.plan.get()));

  const Made kept = make(many, 32, nullptr);
  EXPECT_TRUE(plan_is_outdated(apart.plan.get())) << "the weight is packed for 32 rows, and plain for one";
  EXPECT_FALSE(plan_is_outdated(kept.plan.get()));
  EXPECT_EQ(expected, apart.run()) << "it may go on all the same";
  const Made again = make(one, 1, kept.plan.get());
  EXPECT_FALSE(plan_is_outdated(again.plan.get()) || plan_is_outdated(kept.plan.get())) << "one row can use the packed weight";
  expect_near(expected, again.run());

  start();  // the same, given up
  const int plain = weight({outputs, inputs}, 1), bias = weight({outputs}, 2);
  ASSERT_EQ(w, plain);
  ASSERT_EQ(b, bias);
  const Made first = make(one, 1, nullptr), second = make(many, 32, first.plan.get());
  EXPECT_TRUE(plan_is_outdated(first.plan.get()));
  EXPECT_EQ(0, plan_arena_bytes(first.plan.get()));
  EXPECT_THROW(first.run(), std::exception);
  EXPECT_EQ(kept.run(), second.run());
  EXPECT_THROW(plan_take_from(second.plan.get(), second.plan.get()), std::exception);
}

TEST_F(PlanTest, LargeInnerProductsGiveTheirSums) {
  constexpr int64_t kRows = 8, kInputs = 5000, kOutputs = 1001;
  const std::vector<float> x = random_values(kRows * kInputs, 5), w = random_values(kOutputs * kInputs, 6);
  TensorPtr input = make_tensor(context_.get(), {kRows, kInputs}, x);
  std::vector<float> expected(kRows * kOutputs);
  for (int64_t r = 0; r < kRows; ++r) {
    for (int64_t o = 0; o < kOutputs; ++o) {
      double sum = 0;
      for (int64_t i = 0; i < kInputs; ++i) sum += double(x[size_t(r * kInputs + i)]) * w[size_t(o * kInputs + i)];
      expected[size_t(r * kOutputs + o)] = float(sum);
    }
  }
  const int value = plan_inner_product(plan_.get(), "ip", plan_input(plan_.get(), input.get()), weight({kOutputs, kInputs}, 6), -1, kOutputs, false);
  expect_near(expected, run(value, {kRows, kOutputs}));
}

TEST_F(PlanTest, StepsBelongToTheOperationsAsTheyWereAdded) {
  TensorPtr x = make_tensor(context_.get(), {8, 3, 64, 64}, random_values(8 * 3 * 64 * 64, 6));
  const int conv = convolution(plan_input(plan_.get(), x.get()), 3, 64, 3, 1, 1, 31);
  run(plan_softmax(plan_.get(), "softmax", pooling(conv, POOLING_MAX, 64, 1, 1, 1), 1), {8, 64, 1, 1});
  int last = 0, seen[3] = {};
  for (int i = 0; i < plan_steps(plan_.get()); ++i) {
    last = plan_step_operation(plan_.get(), i);
    ASSERT_TRUE(last >= 0 && last < 3);
    ++seen[last];
  }
  EXPECT_EQ(2, last);
  EXPECT_GT(seen[0], 1) << "the batch is computed in parts";
  EXPECT_EQ(1, seen[2]);
}

TEST_F(PlanTest, WhatDoesNotFitIsRefused) {
  TensorPtr x = make_tensor(context_.get(), {1, 3, 8, 8}), other = make_tensor(context_.get(), {1, 3, 7, 8});
  const int a = plan_input(plan_.get(), x.get()), b = plan_input(plan_.get(), other.get());
  const int both[] = {a, b};
  const auto throws = [](const std::string& kind, const std::function<void()>& call) { EXPECT_EQ(0u, error_of(call).rfind("C4J:" + kind, 0)); };
  throws("SHAPE", [&] { plan_eltwise(plan_.get(), "e", PLAN_SUM, both, 2, nullptr); });
  throws("SHAPE", [&] { convolution(a, 3, 4, 9, 1, 0, 1); });
  throws("SHAPE", [&] { plan_inner_product(plan_.get(), "ip", a, weight({5, 10}, 1), -1, 5, false); });
  throws("SHAPE", [&] { plan_output(plan_.get(), convolution(a, 3, 4, 1, 1, 0, 1), x.get()); });
  const int64_t begin[] = {0, 2, 0, 0}, dims[] = {1, 2, 8, 8}, none[] = {1, 0, 8, 8};
  throws("SHAPE", [&] { plan_slice(plan_.get(), "s", a, begin, dims, 4); });
  throws("SHAPE", [&] { plan_slice(plan_.get(), "s", a, begin, none, 4); });
  throws("SHAPE", [&] { plan_slice(plan_.get(), "s", a, begin, dims, 3); });
  throws("INVALID", [&] { plan_eltwise(plan_.get(), "e", 9, both, 2, nullptr); });
  throws("INVALID", [&] { plan_activation(plan_.get(), "a", 99, PLAN_RELU, 0, 0, 0); });
  throws("INVALID", [&] { plan_lrn(plan_.get(), "l", a, 7, 5, 1, 0.75f, 1); });
  throws("INVALID", [&] { plan_lrn(plan_.get(), "l", a, 0, 4, 1, 0.75f, 1); });
  throws("INVALID", [&] { plan_step_kernel(plan_.get(), 0); });
  throws("INVALID", [&] { plan_forward(plan_.get(), nullptr); });
  throws("INVALID", [&] { plan_create(context_.get(), weights_.get(), 77); });
  throws("INVALID", [&] { plan_compile(nullptr); });
}

}  // namespace
}  // namespace caffe4j
