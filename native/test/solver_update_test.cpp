#include "caffe4j/solver_update.h"

#include <cmath>

#include "test_util.h"

namespace caffe4j {
namespace {

constexpr float kScale = 0.5f, kL1 = 0.01f, kL2 = 0.02f, kRate = 0.1f, kMomentum = 0.9f, kDelta = 1e-3f;
constexpr double kTolerance = 1e-5;

/** A parameter before a step, and where the reference puts it; two histories, the second unused by most solvers. */
struct Case {
  std::vector<float> w, d, h, s;
  std::vector<double> w1, d1, h1, s1;

  Case() : w(random_values(20000, 1)), d(random_values(20000, 2)), h(random_values(20000, 3, 0, 1)), s(random_values(20000, 4, 0, 1)) {
    w[0] = 0;
  }

  double gradient(size_t i) const {
    const double sign = w[i] > 0 ? 1 : w[i] < 0 ? -1 : 0;
    return kScale * double(d[i]) + kL2 * double(w[i]) + kL1 * sign;
  }

  template <class Reference, class Update>
  void check(const Reference& reference, const Update& update) {
    for (size_t i = 0; i < w.size(); ++i) {
      double hi = h[i], si = s[i];
      const double step = reference(gradient(i), hi, si);
      d1.push_back(step);
      w1.push_back(w[i] - step);
      h1.push_back(hi);
      s1.push_back(si);
    }
    ContextPtr context = make_context(2);
    TensorPtr data = make_tensor(context.get(), {20000}, w);
    TensorPtr diff = make_tensor(context.get(), {20000}, d);
    TensorPtr first = make_tensor(context.get(), {20000}, h);
    TensorPtr second = make_tensor(context.get(), {20000}, s);
    update(data.get(), diff.get(), first.get(), second.get());
    expect_close(values_of(data.get()), w1, kTolerance);
    expect_close(values_of(diff.get()), d1, kTolerance);
    expect_close(values_of(first.get()), h1, kTolerance);
    expect_close(values_of(second.get()), s1, kTolerance);
  }
};

TEST(SolverUpdate, Sgd) {
  Case().check([](double g, double& h, double&) { return h = kMomentum * h + kRate * g; },
               [](Tensor* w, Tensor* d, Tensor* h, Tensor*) { sgd_update(w, d, h, kScale, kL1, kL2, kRate, kMomentum); });
}

TEST(SolverUpdate, Nesterov) {
  Case().check(
      [](double g, double& h, double&) {
        const double before = h;
        h = kMomentum * h + kRate * g;
        return (1 + kMomentum) * h - kMomentum * before;
      },
      [](Tensor* w, Tensor* d, Tensor* h, Tensor*) { nesterov_update(w, d, h, kScale, kL1, kL2, kRate, kMomentum); });
}

TEST(SolverUpdate, AdaGrad) {
  Case().check(
      [](double g, double& h, double&) {
        h += g * g;
        return kRate * g / (std::sqrt(h) + kDelta);
      },
      [](Tensor* w, Tensor* d, Tensor* h, Tensor*) { adagrad_update(w, d, h, kScale, kL1, kL2, kRate, kDelta); });
}

TEST(SolverUpdate, RmsProp) {
  Case().check(
      [](double g, double& h, double&) {
        h = 0.95 * h + 0.05 * g * g;
        return kRate * g / (std::sqrt(h) + kDelta);
      },
      [](Tensor* w, Tensor* d, Tensor* h, Tensor*) { rmsprop_update(w, d, h, kScale, kL1, kL2, kRate, 0.95f, kDelta); });
}

TEST(SolverUpdate, AdaDelta) {
  Case().check(
      [](double g, double& h, double& s) {
        h = kMomentum * h + (1 - kMomentum) * g * g;
        const double u = g * std::sqrt((s + kDelta) / (h + kDelta));
        s = kMomentum * s + (1 - kMomentum) * u * u;
        return kRate * u;
      },
      [](Tensor* w, Tensor* d, Tensor* h, Tensor* s) { adadelta_update(w, d, h, s, kScale, kL1, kL2, kRate, kMomentum, kDelta); });
}

TEST(SolverUpdate, Adam) {
  Case().check(
      [](double g, double& m, double& v) {
        m = kMomentum * m + (1 - kMomentum) * g;
        v = 0.99 * v + 0.01 * g * g;
        return kRate * m / (std::sqrt(v) + kDelta);
      },
      [](Tensor* w, Tensor* d, Tensor* m, Tensor* v) { adam_update(w, d, m, v, kScale, kL1, kL2, kRate, kMomentum, 0.99f, kDelta); });
}

TEST(SolverUpdate, RefusesHistoryOfAnotherCount) {
  ContextPtr context = make_context(1);
  TensorPtr w = make_tensor(context.get(), {4});
  TensorPtr d = make_tensor(context.get(), {4});
  TensorPtr h = make_tensor(context.get(), {5});
  EXPECT_THROW(sgd_update(w.get(), d.get(), h.get(), 1, 0, 0, 1, 0), std::exception);
}

}  // namespace
}  // namespace caffe4j
