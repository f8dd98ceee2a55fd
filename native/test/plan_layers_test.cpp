// Operations of inference plans by themselves, in each layout, against sums in double: broadcasts, element-wise functions, reductions, tiles,
// largest values, mean-variance normalization.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "caffe4j/elementwise.h"
#include "caffe4j/pooling.h"
#include "caffe4j/reduction.h"
#include "plan_fixture.h"

namespace caffe4j {
namespace {

using Shape = std::vector<int64_t>;

int64_t count_of(const Shape& dims, size_t from, size_t to) {
  int64_t count = 1;
  for (size_t i = from; i < to; ++i) count *= dims[i];
  return count;
}
int64_t count_of(const Shape& dims) { return count_of(dims, 0, dims.size()); }

/** A value in one of the layouts of make_in_layout, and what a plan makes of it. */
class PlanLayersTest : public PlanTest {
 protected:
  /** Begins a plan with an input; not among the arguments of a call that names the plan, which may be taken before. */
  int start_with(const Shape& dims, const std::vector<float>& values, int layout) {
    start();
    inputs_.clear();
    return input(dims, values, layout);
  }

  int input(const Shape& dims, const std::vector<float>& values, int layout) {
    inputs_.push_back(make_in_layout(context_.get(), dims, values, layout));
    return plan_input(plan_.get(), inputs_.back().get());
  }

  /** The number of a weight with these values. */
  int frozen(const Shape& dims, const std::vector<float>& values) {
    TensorPtr t = make_tensor(context_.get(), dims, values);
    return frozen_weights_add(weights_.get(), t.get());
  }

  /** The values that a convolution by the identity makes of a value: what is wrong in its padding would be in them. */
  int identity(int value, const Shape& dims) {
    const int64_t c = dims[1], one[] = {1, 1}, zero[] = {0, 0};
    std::vector<float> weights(size_t(c * c), 0.f);
    for (int64_t i = 0; i < c; ++i) weights[size_t(i * c + i)] = 1;
    return plan_convolution(plan_.get(), "identity", value, frozen({c, c, 1, 1}, weights), -1, c, 1, one, one, zero, one, 2);
  }

  void expect_no_reference() const {
    if (!has_blocks_of_16()) return;
    for (int i = 0; i < plan_steps(plan_.get()); ++i) {
      const std::string kernel = plan_step_kernel(plan_.get(), i);
      EXPECT_EQ(kernel.find("ref:"), std::string::npos) << "operation " << plan_step_operation(plan_.get(), i) << ": " << kernel;
    }
  }

  void expect_no_reorder() const {
    if (has_blocks_of_16()) {
      EXPECT_EQ(0, plan_reorders(plan_.get()));
    }
  }

  std::vector<TensorPtr> inputs_;
};

const Shape kShapes[] = {{1, 16, 5, 7}, {1, 20, 5, 7}, {1, 32, 1, 1}, {3, 16, 4, 6}, {3, 20, 5, 1}, {2, 20, 1, 1}, {2, 1, 3, 4}};

enum Posts { NONE, RELU, SUM_RELU, PRELU, EXP_SUM };

/** What is to be combined: axes [axis, end) of the shape, a value or a weight, and what follows. */
struct Broadcast {
  Shape dims;
  int layout, combination;
  size_t axis, end;
  bool weight, shift;
  Posts posts;
};

double after(Posts posts, double v, double summand, double slope) {
  switch (posts) {
    case NONE: return v;
    case RELU: return std::max(v, 0.0);
    case SUM_RELU: return std::max(v + summand, 0.0);
    case PRELU: return v > 0 ? v : slope * v;
    case EXP_SUM: return 0.5 * std::exp(0.3 * v) + summand;
  }
  return 0;
}

class PlanBroadcastTest : public PlanLayersTest {
 protected:
  void check(const Broadcast& b) {
    const Shape operand(b.dims.begin() + int64_t(b.axis), b.dims.begin() + int64_t(b.end));
    const int64_t inner = count_of(b.dims, b.end, b.dims.size()), outer = count_of(b.dims, 0, b.axis), middle = count_of(operand);
    const std::vector<float> x = random_values(count_of(b.dims), 1), f = random_values(middle, 2), s = random_values(middle, 3),
                             z = random_values(count_of(b.dims), 4), slopes = random_values(b.dims[1], 5, 0, 1);
    const int value = start_with(b.dims, x, b.layout), summand = input(b.dims, z, b.layout);
    const int shift = b.shift ? frozen(operand, s) : -1;
    // What is read again may not be overwritten, so each runs with a value of its own, too.
    const int own = b.posts == RELU ? value : identity(value, b.dims), own_summand = b.posts == SUM_RELU ? identity(summand, b.dims) : summand;
    const int axis = int(b.axis), axes = int(operand.size());
    int result;
    if (b.weight) {
      result = plan_broadcast_weight(plan_.get(), "b", b.combination, own, frozen(operand, f), operand.data(), axes, axis, shift);
    } else {
      result = plan_broadcast(plan_.get(), "b", b.combination, own, input(operand, f, 0), axis, shift);
    }
    if (b.posts == EXP_SUM) plan_fuse_activation(plan_.get(), ELEMENTWISE_EXP, 0.3f, 0.5f, 0);
    if (b.posts == SUM_RELU || b.posts == EXP_SUM) plan_fuse_sum(plan_.get(), own_summand, 1);
    if (b.posts == RELU || b.posts == SUM_RELU) plan_fuse_activation(plan_.get(), PLAN_RELU, 0, 0, 0);
    if (b.posts == PRELU) plan_fuse_prelu(plan_.get(), frozen({b.dims[1]}, slopes));
    if (b.posts != PRELU) result = identity(result, b.dims);

    std::vector<double> expected;
    for (int64_t i = 0; i < outer * middle * inner; ++i) {
      const size_t at = size_t(i / inner % middle), channel = size_t(i / (b.dims[2] * b.dims[3]) % b.dims[1]);
      double v = b.combination == PLAN_SUM ? double(x[size_t(i)]) + f[at] : double(x[size_t(i)]) * f[at];
      if (b.shift) v += s[at];
      expected.push_back(after(b.posts, v, z[size_t(i)], slopes[channel]));
    }
    expect_close(run(result, b.dims), expected, 2e-6);
    expect_no_reference();
  }
};

TEST_F(PlanBroadcastTest, RepeatsAlongAnyAxesInAnyLayout) {
  int number = 0;
  for (const Shape& dims : kShapes) {
    for (size_t axis = 0; axis <= 4; ++axis) {
      for (size_t end = axis; end <= 4; ++end) {
        for (int layout = 0; layout < 3; ++layout) {
          for (bool weight : {false, true}) {
            ++number;
            const Broadcast b{dims, layout, number % 3 == 0 ? PLAN_SUM : PLAN_PRODUCT, axis, end, weight, number % 7 < 2, Posts(number % 5)};
            SCOPED_TRACE("number " + std::to_string(number) + ": images " + std::to_string(dims[0]) + " channels " + std::to_string(dims[1]) +
                         " layout " + std::to_string(layout) + " axes " + std::to_string(axis) + " to " + std::to_string(end));
            check(b);
            if (HasFatalFailure()) return;
          }
        }
      }
    }
  }
}

/** The value is read again behind a function that no kernel takes together with the product. */
TEST_F(PlanBroadcastTest, TheValueMayBeASummandToo) {
  const Shape dims{2, 16, 5, 7};
  const std::vector<float> x = random_values(count_of(dims), 1), f = random_values(32, 2), slopes = random_values(16, 3, 0, 1);
  for (int layout = 0; layout < 3; ++layout) {
    const int value = identity(start_with(dims, x, layout), dims);
    const int result = plan_broadcast(plan_.get(), "b", PLAN_PRODUCT, value, input({2, 16}, f, 0), 0, -1);
    plan_fuse_prelu(plan_.get(), frozen({16}, slopes));
    plan_fuse_sum(plan_.get(), value, 1);
    std::vector<double> expected;
    for (size_t i = 0; i < x.size(); ++i) {
      const double v = double(x[i]) * f[i / 35];
      expected.push_back(after(PRELU, v, 0, slopes[i / 35 % 16]) + x[i]);
    }
    expect_close(run(identity(result, dims), dims), expected, 2e-6);
  }
}

/** What a function gives in double. */
double applied(int function, double a, double b, double c, double x) {
  switch (function) {
    case ELEMENTWISE_BNLL: return std::log1p(std::exp(x));
    case ELEMENTWISE_EXP: return b * std::exp(a * x);
    case ELEMENTWISE_LOG: return c * std::log(a * x + b);
    default: return std::pow(c + b * x, a);
  }
}

struct Function {
  int function;
  float a, b, c;
};

const Function kFunctions[] = {
    {ELEMENTWISE_BNLL, 0, 0, 0},      {ELEMENTWISE_EXP, 1, 1, 0},     {ELEMENTWISE_EXP, 0.7f, 2.5f, 0}, {ELEMENTWISE_EXP, -1, 0.5f, 0},
    {ELEMENTWISE_LOG, 1, 1.5f, 1},    {ELEMENTWISE_LOG, 0.4f, 2, 3},  {ELEMENTWISE_POWER, 2, 1, 0},     {ELEMENTWISE_POWER, 0.5f, 1, 2},
    {ELEMENTWISE_POWER, 3, 0.5f, 1},  {ELEMENTWISE_POWER, -1, 1, 3},  {ELEMENTWISE_POWER, 1.7f, 1, 2},  {ELEMENTWISE_POWER, 1, 2, -1},
    {ELEMENTWISE_POWER, -0.5f, 1, 2}, {ELEMENTWISE_POWER, -2, 1, 2},
};

TEST_F(PlanLayersTest, FunctionsByThemselvesAndFused) {
  for (const Function& f : kFunctions) {
    if (f.function == ELEMENTWISE_LOG && !plan_has_all_kernels()) continue;  // oneDNN's for ARM leaves out the last values
    for (const Shape& dims : kShapes) {
      for (int layout = 0; layout < 3; ++layout) {
        for (bool fuse : {false, true}) {
          SCOPED_TRACE("function " + std::to_string(f.function) + " layout " + std::to_string(layout) + " channels " + std::to_string(dims[1]));
          const std::vector<float> x = random_values(count_of(dims), 1);
          int value = start_with(dims, x, layout);
          if (fuse) {
            value = identity(value, dims);
            plan_fuse_activation(plan_.get(), f.function, f.a, f.b, f.c);
          } else {
            value = identity(plan_activation(plan_.get(), "f", value, f.function, f.a, f.b, f.c), dims);
          }
          std::vector<double> expected;
          for (float v : x) expected.push_back(applied(f.function, f.a, f.b, f.c, v));
          expect_close(run(value, dims), expected, 4e-6);  // oneDNN's log is off by 2e-6
          expect_no_reference();
        }
      }
    }
  }
}

TEST_F(PlanLayersTest, FunctionsOfExtremes) {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> x = {-inf, -1000, -90, -20, -1, 0, 1, 20, 90, 1000, inf};
  for (const Function& f : {Function{ELEMENTWISE_BNLL, 0, 0, 0}, Function{ELEMENTWISE_EXP, 1, 1, 0}, Function{ELEMENTWISE_LOG, 1, 0, 1}}) {
    const Shape dims{1, int64_t(x.size())};
    const int value = start_with(dims, x, 0);
    const std::vector<float> y = run(plan_activation(plan_.get(), "f", value, f.function, f.a, f.b, f.c), dims);
    for (size_t i = 0; i < x.size(); ++i) {
      const double expected = f.function == ELEMENTWISE_BNLL && x[i] > 50 ? double(x[i]) : applied(f.function, f.a, f.b, f.c, x[i]);
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(y[i])) << "function " << f.function << " of " << x[i] << " is " << y[i];
      } else if (float(expected) == y[i]) {
        continue;
      } else {
        EXPECT_NEAR(y[i], expected, 2e-6 * std::max(1.0, std::abs(expected))) << "function " << f.function << " of " << x[i];
      }
    }
  }
}

TEST_F(PlanLayersTest, ScalesShiftsAndSlopesOfChannels) {
  for (const Shape& dims : kShapes) {
    for (int layout = 0; layout < 3; ++layout) {
      for (int64_t slopes : {int64_t(0), int64_t(1), dims[1]}) {
        SCOPED_TRACE("layout " + std::to_string(layout) + " channels " + std::to_string(dims[1]) + " slopes " + std::to_string(slopes));
        const std::vector<float> x = random_values(count_of(dims), 1), scale = random_values(dims[1], 2), shift = random_values(dims[1], 3),
                                 slope = random_values(slopes, 4, 0, 1);
        int value = start_with(dims, x, layout);
        value = slopes > 0 ? plan_prelu(plan_.get(), "p", value, frozen({slopes}, slope))
                           : plan_affine(plan_.get(), "a", value, frozen({dims[1]}, scale), frozen({dims[1]}, shift));
        if (slopes == 0) plan_fuse_activation(plan_.get(), PLAN_RELU, 0, 0, 0);
        std::vector<double> expected;
        for (size_t i = 0; i < x.size(); ++i) {
          const size_t c = size_t(int64_t(i) / (dims[2] * dims[3]) % dims[1]);
          const double v = x[i];
          expected.push_back(slopes == 0 ? std::max(v * scale[c] + shift[c], 0.0) : v > 0 ? v : v * slope[slopes == 1 ? 0 : c]);
        }
        expect_close(run(identity(value, dims), dims), expected, 2e-6);
        expect_no_reference();
      }
    }
  }
}

TEST_F(PlanLayersTest, ReducesAxesBehindAny) {
  for (const Shape& dims : kShapes) {
    for (size_t axis = 0; axis <= 4; ++axis) {
      for (int layout = 0; layout < 3; ++layout) {
        for (int operation : {REDUCTION_SUM, REDUCTION_ASUM, REDUCTION_SUMSQ}) {
          SCOPED_TRACE("axis " + std::to_string(axis) + " layout " + std::to_string(layout) + " operation " + std::to_string(operation));
          const std::vector<float> x = random_values(count_of(dims), 1);
          const Shape top(dims.begin(), dims.begin() + int64_t(axis));
          std::vector<double> expected(size_t(count_of(top)), 0);
          const int64_t size = count_of(dims, axis, dims.size());
          for (size_t i = 0; i < x.size(); ++i) {
            const double v = x[i];
            expected[i / size_t(size)] += -0.5 * (operation == REDUCTION_SUM ? v : operation == REDUCTION_ASUM ? std::abs(v) : v * v);
          }
          const int from = start_with(dims, x, layout);
          expect_close(run(plan_reduction(plan_.get(), "r", from, operation, int(axis), -0.5f), top), expected, 1e-6);
          if (axis < 2 && (layout != 1 || dims[1] % 16 == 0)) expect_no_reorder();
          if (axis == 2) expect_no_reorder();
        }
      }
    }
  }
}

TEST_F(PlanLayersTest, TilesAlongAnyAxis) {
  for (const Shape& dims : kShapes) {
    for (size_t axis = 0; axis < 4; ++axis) {
      for (int layout = 0; layout < 3; ++layout) {
        for (int64_t tiles : {1, 3, 200}) {
          SCOPED_TRACE("axis " + std::to_string(axis) + " layout " + std::to_string(layout) + " tiles " + std::to_string(tiles));
          const std::vector<float> x = random_values(count_of(dims), 1);
          const int64_t inner = count_of(dims, axis, dims.size());
          Shape top = dims;
          top[axis] *= tiles;
          std::vector<double> expected;
          for (int64_t i = 0; i < count_of(top); ++i) expected.push_back(x[size_t(i / (inner * tiles) * inner + i % inner)]);
          const int from = start_with(dims, x, layout);
          expect_close(run(plan_tile(plan_.get(), "t", from, int(axis), tiles), top), expected, 0);
          if (axis != 1 || layout != 1 || dims[1] % 16 == 0) expect_no_reorder();
        }
      }
    }
  }
}

TEST_F(PlanLayersTest, ChoosesTheLargest) {
  const Shape dims{2, 20, 3, 4};
  const std::vector<float> x = random_values(count_of(dims), 1);
  for (int axis = -1; axis < 4; ++axis) {
    for (int layout = 0; layout < 3; ++layout) {
      for (int64_t k : {1, 2}) {
        for (bool values : {false, true}) {
          SCOPED_TRACE("axis " + std::to_string(axis) + " layout " + std::to_string(layout) + " k " + std::to_string(k));
          const int64_t outer = axis < 0 ? dims[0] : count_of(dims, 0, size_t(axis)), channels = axis < 0 ? count_of(dims, 1, 4) : dims[size_t(axis)];
          const int64_t inner = count_of(dims) / outer / channels;
          Shape top = dims;
          if (axis < 0) {
            top = {dims[0], values ? 2 : 1, k};
          } else {
            top[size_t(axis)] = k;
          }
          const bool indices = axis < 0 || !values;
          std::vector<double> expected(size_t(count_of(top)));
          for (int64_t item = 0; item < outer * inner; ++item) {
            std::vector<std::pair<float, int64_t>> all;
            for (int64_t c = 0; c < channels; ++c) all.emplace_back(x[size_t((item / inner * channels + c) * inner + item % inner)], c);
            std::sort(all.rbegin(), all.rend());
            const int64_t rows = k * (int64_t(indices) + int64_t(values));
            for (int64_t row = 0; row < rows; ++row) {
              const auto& chosen = all[size_t(row % k)];
              const double number = indices && row < k ? double(chosen.second) : double(chosen.first);
              expected[size_t((item / inner * rows + row) * inner + item % inner)] = number;
            }
          }
          const int from = start_with(dims, x, layout);
          const int value = plan_argmax(plan_.get(), "m", from, axis, k, indices, values, top.data(), int(top.size()));
          expect_close(run(value, top), expected, 0);
        }
      }
    }
  }
}

TEST_F(PlanLayersTest, NormalizesMeanAndVariance) {
  const Shape more[] = {{5}, {3, 7}, {2, 20, 6}, {1, 40, 30, 20}};
  std::vector<Shape> shapes(std::begin(kShapes), std::end(kShapes));
  shapes.insert(shapes.end(), std::begin(more), std::end(more));
  for (const Shape& dims : shapes) {
    for (int layout = 0; layout < (dims.size() == 4 ? 3 : 1); ++layout) {
      for (bool across : {false, true}) {
        for (bool variance : {false, true}) {
          SCOPED_TRACE("axes " + std::to_string(dims.size()) + " layout " + std::to_string(layout) + " across " + std::to_string(across));
          const std::vector<float> x = random_values(count_of(dims), 1, 2, 3);
          const int64_t rows = count_of(dims, 0, std::min<size_t>(dims.size(), across ? 1 : 2)), n = count_of(dims) / rows;
          std::vector<double> expected;
          for (int64_t r = 0; r < rows; ++r) {
            double mean = 0, squares = 0;
            for (int64_t i = 0; i < n; ++i) mean += double(x[size_t(r * n + i)]) / double(n);
            for (int64_t i = 0; i < n; ++i) squares += (x[size_t(r * n + i)] - mean) * (x[size_t(r * n + i)] - mean) / double(n);
            for (int64_t i = 0; i < n; ++i) expected.push_back((x[size_t(r * n + i)] - mean) / (variance ? std::sqrt(squares) + 1e-3 : 1.0));
          }
          const int from = start_with(dims, x, layout);
          int value = plan_mvn(plan_.get(), "m", from, across, variance, 1e-3f);
          const bool padded = layout == 1 && dims[1] % 16 != 0;
          if (dims.size() == 4) value = identity(value, dims);
          expect_close(run(value, dims), expected, 3e-6);
          if (dims.size() == 4 && layout > 0 && !(padded && across)) expect_no_reorder();
        }
      }
    }
  }
}

TEST_F(PlanLayersTest, EmptyBatchesGiveNothing) {
  const Shape dims{0, 4, 3, 2}, row{0, 4}, largest{0, 1, 3, 2}, tiled{0, 8, 3, 2};
  int x = start_with(dims, {}, 0);
  EXPECT_TRUE(run(plan_mvn(plan_.get(), "m", x, false, true, 0), dims).empty());
  x = start_with(dims, {}, 0);
  EXPECT_TRUE(run(plan_tile(plan_.get(), "t", x, 1, 2), tiled).empty());
  x = start_with(dims, {}, 0);
  EXPECT_TRUE(run(plan_reduction(plan_.get(), "r", x, REDUCTION_SUM, 2, 1), row).empty());
  x = start_with(dims, {}, 0);
  EXPECT_TRUE(run(plan_argmax(plan_.get(), "a", x, 1, 1, true, false, largest.data(), 4), largest).empty());
  x = start_with(dims, {}, 0);
  const int operand = input(row, {}, 0);
  EXPECT_TRUE(run(plan_broadcast(plan_.get(), "b", PLAN_PRODUCT, x, operand, 0, -1), dims).empty());
}

TEST_F(PlanLayersTest, WhatDoesNotFitIsRefused) {
  const Shape dims{2, 3, 4, 5}, five{1, 2, 3, 4, 5};
  const int x = start_with(dims, random_values(120, 1), 0), y = input({3, 4}, random_values(12, 1), 0), z = input(five, random_values(120, 1), 0);
  const auto throws = [](const std::string& kind, const std::function<void()>& call) { EXPECT_EQ(0u, error_of(call).rfind("C4J:" + kind, 0)); };
  throws("SHAPE", [&] { plan_broadcast(plan_.get(), "b", PLAN_SUM, x, y, 0, -1); });
  throws("SHAPE", [&] { plan_broadcast(plan_.get(), "b", PLAN_SUM, x, y, 3, -1); });
  throws("SHAPE", [&] { plan_broadcast(plan_.get(), "b", PLAN_SUM, x, y, -1, -1); });
  throws("SHAPE", [&] { plan_broadcast(plan_.get(), "b", PLAN_SUM, x, y, 1, weight({11}, 1)); });
  throws("INVALID", [&] { plan_broadcast(plan_.get(), "b", PLAN_MAX, x, y, 1, -1); });
  throws("SHAPE", [&] { plan_reduction(plan_.get(), "r", x, REDUCTION_SUM, 5, 1); });
  throws("INVALID", [&] { plan_reduction(plan_.get(), "r", x, 9, 1, 1); });
  throws("SHAPE", [&] { plan_tile(plan_.get(), "t", x, 4, 2); });
  throws("INVALID", [&] { plan_tile(plan_.get(), "t", x, 1, 0); });
  throws("SHAPE", [&] { plan_argmax(plan_.get(), "m", x, 1, 4, true, false, dims.data(), 4); });
  throws("SHAPE", [&] { plan_argmax(plan_.get(), "m", x, 1, 1, true, false, dims.data(), 4); });
  throws("SHAPE", [&] { plan_argmax(plan_.get(), "m", x, 4, 1, true, false, dims.data(), 4); });
  throws("UNSUPPORTED", [&] { plan_activation(plan_.get(), "p", x, ELEMENTWISE_POWER, 2, 0, 3); });
  throws("UNSUPPORTED", [&] { plan_activation(plan_.get(), "t", x, ELEMENTWISE_THRESHOLD, 0, 0, 0); });
  throws("SHAPE", [&] { plan_mvn(plan_.get(), "m", z, false, true, 0); });
}

/** Global pooling, two inner products, a sigmoid, and their scale with the sum and the ReLU of the block. */
TEST_F(PlanLayersTest, SqueezeAndExcitationConvertsNothing) {
  for (bool blocks : {false, true}) {
    const int64_t c = 64, h = 9, n = blocks ? 1 : 2;
    const Shape dims{n, c, h, h};
    const int x = start_with(dims, random_values(count_of(dims), 1), blocks ? 1 : 2);
    const int body = convolution(x, c, c, 3, 1, 1, 3);
    if (blocks) {  // this makes the plan keep blocks
      const int both[] = {x, x};
      plan_concat(plan_.get(), "concat", both, 2, 1);
    }
    const int64_t row[] = {n, c};
    int squeezed = plan_view(plan_.get(), "flatten", pooling(body, POOLING_AVE, h, 1, 1, 1), row, 2);
    squeezed = plan_inner_product(plan_.get(), "squeeze", squeezed, weight({8, c}, 5), -1, 8, false);
    plan_fuse_activation(plan_.get(), PLAN_RELU, 0, 0, 0);
    const int factors = plan_inner_product(plan_.get(), "excite", squeezed, weight({c, 8}, 6), -1, c, false);
    plan_fuse_activation(plan_.get(), ELEMENTWISE_SIGMOID, 0, 0, 0);
    const int scaled = plan_broadcast(plan_.get(), "scale", PLAN_PRODUCT, body, factors, 0, -1);
    plan_fuse_sum(plan_.get(), x, 1);
    plan_fuse_activation(plan_.get(), PLAN_RELU, 0, 0, 0);
    run(convolution(scaled, c, c, 1, 1, 0, 7), dims);
    expect_no_reorder();
    if (has_blocks_of_16()) {  // kernels elsewhere take fewer post-operations
      EXPECT_EQ(blocks ? 7 : 6, plan_steps(plan_.get()));
    }
    expect_no_reference();
  }
}

}  // namespace
}  // namespace caffe4j
