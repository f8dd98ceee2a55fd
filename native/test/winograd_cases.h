#pragma once
// Convolutions that Winograd's algorithm computes in plans, sums in double to compare with, and how far from these results may be.
#include <algorithm>
#include <cfloat>
#include <climits>
#include <cmath>
#include <cstring>
#include <functional>
#include <iostream>

#include "caffe4j/elementwise.h"
#include "caffe4j/plan.h"
#include "test_util.h"

namespace caffe4j::winograd_cases {

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

inline void PrintTo(const Case& c, std::ostream* out) {
  *out << c.batch << "x" << c.channels << "x" << c.height << "x" << c.width << "->" << c.outputs << " p" << c.pad_h << "x" << c.pad_w << ", "
       << c.threads << " threads";
}

/** The nearest number with 8 significant bits. */
inline float to_bf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

struct Operands {
  /** @param bf16 whether what a plan in bf16 rounds is rounded already */
  explicit Operands(const Case& c, bool bf16 = false)
      : x(random_values(c.batch * c.channels * c.height * c.width, 1)), w(random_values(c.outputs * c.channels * 9, 2)),
        b(random_values(c.outputs, 3)), summand(random_values(c.result_count(), 4)), slopes(random_values(c.outputs, 5, 0.1f, 0.5f)) {
    if (!bf16) return;
    for (std::vector<float>* values : {&x, &w, &summand}) std::transform(values->begin(), values->end(), values->begin(), to_bf16);
  }
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

inline double input_at(const Case& c, const Operands& o, int64_t n, int64_t channel, int64_t h, int64_t w) {
  if (h < 0 || h >= c.height || w < 0 || w >= c.width) return 0;
  return o.x[size_t(((n * c.channels + channel) * c.height + h) * c.width + w)];
}

/** The convolution with sums in double. */
inline std::vector<double> direct(const Case& c, const Operands& o) {
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
 * What plans in bf16 make of transformed values: integers up to these, and the sum of a group's weights up to kLargestSum. Half a step is lost
 * each time.
 */
constexpr int64_t kGroup = 64, kLargestInput = (1 << 14) - 1, kLargestWeight = (1 << 15) - 2, kLargestSum = INT_MAX / kLargestInput - kGroup;

/** Half the steps of an output's weights as integers, for each product; `filters` are its transformed ones. */
inline std::vector<double> half_weight_steps(const double* filters, int64_t channels) {
  std::vector<double> steps(36);
  for (int64_t group = 0; group < channels; group += kGroup)
    for (int p = 0; p < 36; ++p) {
      double sum = 0;
      for (int64_t q = group; q < std::min(group + kGroup, channels); ++q) {
        sum += filters[q * 36 + p];
        steps[size_t(p)] = std::max(steps[size_t(p)], filters[q * 36 + p] / kLargestWeight / 2);
      }
      steps[size_t(p)] = std::max(steps[size_t(p)], sum / kLargestSum / 2);
    }
  return steps;
}

/**
 * How far floats, and with `bf16` integers, may take each result from the true one. Whatever is rounded is at most as large as the same algorithm makes it of absolute
 * values with the absolute values of its matrices; each side of the three transforms rounds a value, constants included, at most 5 times on
 * its way, and the sum over channels and the bias round once each time.
 */
inline std::vector<double> bounds(const Case& c, const Operands& o, bool bf16 = false) {
  std::vector<double> result(size_t(c.result_count()));
  std::vector<double> filters;
  for (int64_t i = 0; i < c.outputs * c.channels; ++i) {
    double g[3][3], u[6][6];
    for (int p = 0; p < 9; ++p) g[p / 3][p % 3] = std::abs(o.w[size_t(i * 9 + p)]);
    both_sides(kFilter, g, u);
    for (int p = 0; p < 36; ++p) filters.push_back(u[p / 6][p % 6]);
  }
  std::vector<std::vector<double>> weight_steps;
  for (int64_t k = 0; k < c.outputs && bf16; ++k) weight_steps.push_back(half_weight_steps(filters.data() + k * c.channels * 36, c.channels));
  const double rounding = double(c.channels + 6 * 5 + 1) * FLT_EPSILON / 2;
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
          double input_step = 0;
          for (int64_t q = 0; q < c.channels; ++q) {
            if (bf16 && q % kGroup == 0) {
              const auto group = inputs.begin() + q * 36;
              input_step = *std::max_element(group, group + std::min(kGroup, c.channels - q) * 36) / kLargestInput / 2;
            }
            for (int p = 0; p < 36; ++p) {
              const double v = inputs[size_t(q * 36 + p)], u = filters[size_t((k * c.channels + q) * 36 + p)];
              m[p / 6][p % 6] += v * u * rounding;
              if (bf16) m[p / 6][p % 6] += input_step * u + (v + input_step) * weight_steps[size_t(k)][size_t(p)];
            }
          }
          both_sides(kBack, m, y);
          for (int64_t p = i; p < std::min(i + 4, c.out_h()); ++p)
            for (int64_t q = j; q < std::min(j + 4, c.out_w()); ++q)
              result[size_t(((n * c.outputs + k) * c.out_h() + p) * c.out_w() + q)] =
                  y[p - i][q - j] + std::abs(o.b[size_t(k)]) * rounding;
        }
      }
  return result;
}

constexpr const char* kNoBf16 = "this processor has neither AVX512_BF16 nor AMX";

/** The type of a convolution's inputs and weights, and of its result. */
enum class Types { FLOAT, BF16, BF16_TO_FLOAT };

/** A plan of one convolution; `fuse` adds post-operations to it, given the number of a value of the result's shape and of slopes. */
class OneConvolution {
 public:
  OneConvolution(const Case& c, const Operands& o, int where, bool blocks, const std::function<void(Plan*, int, int)>& fuse = nullptr,
                 Types types = Types::FLOAT)
      : context_(context_create_cpu(c.threads)), weights_(frozen_weights_create()) {
    const std::vector<int64_t> out{c.batch, c.outputs, c.out_h(), c.out_w()};
    x_ = make_tensor(context_.get(), {c.batch, c.channels, c.height, c.width}, o.x);
    summand_ = make_tensor(context_.get(), out, o.summand);
    y_ = make_tensor(context_.get(), out);
    const int w = frozen(make_tensor(context_.get(), {c.outputs, c.channels, 3, 3}, o.w)), b = frozen(make_tensor(context_.get(), {c.outputs}, o.b)),
              slopes = frozen(make_tensor(context_.get(), {c.outputs}, o.slopes));
    plan_.reset(plan_create(context_.get(), weights_.get(), types == Types::FLOAT ? PLAN_F32 : PLAN_BF16));
    plan_set_winograd(plan_.get(), where);
    const int64_t three[] = {3, 3}, one[] = {1, 1}, pad[] = {c.pad_h, c.pad_w};
    const int x = plan_input(plan_.get(), x_.get()), summand = plan_input(plan_.get(), summand_.get());
    int y = plan_convolution(plan_.get(), "conv", x, w, b, c.outputs, 1, three, one, pad, one, 2);
    if (fuse) fuse(plan_.get(), summand, slopes);
    if (types == Types::BF16) {  // what leaves a plan is float, so another convolution follows that changes nothing
      const int64_t none[] = {0, 0};
      std::vector<float> same(size_t(c.outputs * c.outputs), 0.f);
      for (int64_t k = 0; k < c.outputs; ++k) same[size_t(k * c.outputs + k)] = 1;
      const int identity = frozen(make_tensor(context_.get(), {c.outputs, c.outputs, 1, 1}, same));
      y = plan_convolution(plan_.get(), "identity", y, identity, -1, c.outputs, 1, one, one, none, one, 2);
    }
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

}  // namespace caffe4j::winograd_cases
