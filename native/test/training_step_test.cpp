// What a solver's iteration leaves in weights, gradients and histories when they stay in the layouts of the kernels.
#include <functional>

#include "caffe4j/solver_update.h"
#include "test_util.h"

namespace caffe4j {
namespace {

struct ConvolutionDeleter {
  void operator()(Convolution* c) const { convolution_destroy(c); }
};
using ConvolutionPtr = std::unique_ptr<Convolution, ConvolutionDeleter>;

/** A 3 x 3 convolution that keeps the size. */
ConvolutionPtr make_convolution(Context* context, int engine, int64_t channels, int64_t outputs, int64_t group) {
  const int64_t three[] = {3, 3}, one[] = {1, 1};
  return ConvolutionPtr(convolution_create(context, engine, channels, outputs, group, three, one, one, one, 2, false));
}

using Update = std::function<void(Tensor* w, Tensor* d, Tensor* h, Tensor* s)>;

/** One convolution that learns: its parameters with gradient and histories, and what stands around it. */
struct Learner {
  ContextPtr context;
  ConvolutionPtr op;
  std::vector<int64_t> weight_dims;
  TensorPtr x, y, dy, dx, w, dw, b, db, h, s, hb, sb;

  Learner(int engine, int64_t channels, int64_t outputs, int64_t group) : context(make_context(2)) {
    const int64_t n = 2, size = 9;
    op = make_convolution(context.get(), engine, channels, outputs, group);
    weight_dims = {outputs, channels / group, 3, 3};
    const int64_t weights = outputs * channels / group * 9;
    x = make_tensor(context.get(), {n, channels, size, size}, random_values(n * channels * size * size, 1));
    dx = make_tensor(context.get(), {n, channels, size, size});
    y = make_tensor(context.get(), {n, outputs, size, size});
    dy = make_tensor(context.get(), {n, outputs, size, size}, random_values(n * outputs * size * size, 2));
    w = make_tensor(context.get(), weight_dims, random_values(weights, 3));
    b = make_tensor(context.get(), {outputs}, random_values(outputs, 4));
    for (TensorPtr* t : {&dw, &h, &s}) *t = make_tensor(context.get(), weight_dims);
    for (TensorPtr* t : {&db, &hb, &sb}) *t = make_tensor(context.get(), {outputs});
  }

  void forward_backward() {
    convolution_forward(op.get(), x.get(), w.get(), b.get(), y.get());
    convolution_backward_weight(op.get(), x.get(), dy.get(), dw.get(), db.get());
    convolution_backward_data(op.get(), dy.get(), w.get(), nullptr, dx.get());
  }

  void clear() {
    tensor_fill(dw.get(), 0);
    tensor_fill(db.get(), 0);
  }

  void step(const Update& update) {
    update(w.get(), dw.get(), h.get(), s.get());
    update(b.get(), db.get(), hb.get(), sb.get());
  }

  std::vector<Tensor*> results() const { return {y.get(), dx.get(), w.get(), dw.get(), h.get(), s.get(), b.get(), db.get(), hb.get(), sb.get()}; }
};

std::vector<double> doubles(const std::vector<float>& v) { return {v.begin(), v.end()}; }

void expect_same(const Learner& a, const Learner& b) {
  for (size_t i = 0; i < a.results().size(); ++i) {
    SCOPED_TRACE("result " + std::to_string(i));
    expect_close(values_of(a.results()[i]), doubles(values_of(b.results()[i])), 1e-4);
  }
}

struct Shape {
  int64_t channels, outputs, group;
};

class TrainingStepTest : public testing::TestWithParam<Shape> {
 protected:
  /** Trains with the fast kernels and with Caffe's way to compute, and compares everything. */
  void expect_agreement(const Update& update) {
    const Shape c = GetParam();
    Learner fast(ENGINE_FAST, c.channels, c.outputs, c.group), plain(ENGINE_CAFFE, c.channels, c.outputs, c.group);
    for (Learner* l : {&fast, &plain}) {
      for (int i = 0; i < 3; ++i) {
        l->clear();
        l->forward_backward();
        l->step(update);
      }
    }
    expect_same(fast, plain);
  }
};

TEST_P(TrainingStepTest, Sgd) {
  expect_agreement([](Tensor* w, Tensor* d, Tensor* h, Tensor*) { sgd_update(w, d, h, 1, 0.01f, 0.02f, 0.001f, 0.9f); });
}
TEST_P(TrainingStepTest, Nesterov) {
  expect_agreement([](Tensor* w, Tensor* d, Tensor* h, Tensor*) { nesterov_update(w, d, h, 1, 0, 0.02f, 0.001f, 0.9f); });
}
TEST_P(TrainingStepTest, AdaGradWithoutDelta) {  // 0 / 0 where a layout has padding, were the update to run over it
  expect_agreement([](Tensor* w, Tensor* d, Tensor* h, Tensor*) { adagrad_update(w, d, h, 1, 0, 0, 0.01f, 0); });
}
TEST_P(TrainingStepTest, RmsProp) {
  expect_agreement([](Tensor* w, Tensor* d, Tensor* h, Tensor*) { rmsprop_update(w, d, h, 1, 0, 0.01f, 0.01f, 0.9f, 0.1f); });
}
TEST_P(TrainingStepTest, AdaDelta) {
  expect_agreement([](Tensor* w, Tensor* d, Tensor* h, Tensor* s) { adadelta_update(w, d, h, s, 1, 0, 0.01f, 1, 0.9f, 1e-3f); });
}
TEST_P(TrainingStepTest, Adam) {
  expect_agreement([](Tensor* w, Tensor* d, Tensor* h, Tensor* s) { adam_update(w, d, h, s, 1, 0, 0.01f, 0.01f, 0.9f, 0.99f, 0.1f); });
}

TEST_P(TrainingStepTest, GradientsAddUpUntilCleared) {
  const Shape c = GetParam();
  Learner twice(ENGINE_FAST, c.channels, c.outputs, c.group), once(ENGINE_FAST, c.channels, c.outputs, c.group);
  for (int i = 0; i < 2; ++i) twice.forward_backward();
  once.forward_backward();
  for (auto [a, b] : {std::pair(twice.dw.get(), once.dw.get()), std::pair(twice.db.get(), once.db.get())}) {
    auto doubled = doubles(values_of(b));
    for (double& v : doubled) v *= 2;
    expect_close(values_of(a), doubled, 1e-5);
  }
  twice.clear();
  twice.forward_backward();
  expect_close(values_of(twice.dw.get()), doubles(values_of(once.dw.get())), 1e-6);
  expect_close(values_of(twice.db.get()), doubles(values_of(once.db.get())), 1e-6);
}

TEST_P(TrainingStepTest, GradientsAddToWhatTheCallerWrote) {
  const Shape c = GetParam();
  Learner given(ENGINE_FAST, c.channels, c.outputs, c.group), zero(ENGINE_FAST, c.channels, c.outputs, c.group);
  given.clear();
  tensor_update(given.dw.get())[1] = 100;
  given.forward_backward();
  zero.forward_backward();
  auto expected = doubles(values_of(zero.dw.get()));
  expected[1] += 100;
  expect_close(values_of(given.dw.get()), expected, 1e-6);
}

TEST_P(TrainingStepTest, ValuesWrittenBetweenIterationsCount) {
  const Shape c = GetParam();
  Learner fast(ENGINE_FAST, c.channels, c.outputs, c.group), plain(ENGINE_CAFFE, c.channels, c.outputs, c.group);
  for (Learner* l : {&fast, &plain}) {
    for (int i = 0; i < 3; ++i) {
      l->clear();
      l->forward_backward();
      if (i == 1) tensor_update(l->dw.get())[3] += 5;
      sgd_update(l->w.get(), l->dw.get(), l->h.get(), 1, 0, 0.01f, 0.001f, 0.9f);
      if (i == 0) tensor_update(l->w.get())[2] = 7;
      if (i == 1) tensor_fill(l->h.get(), 0);
    }
  }
  expect_same(fast, plain);
}

TEST_P(TrainingStepTest, AnIterationConvertsOnlyTheWeightsOfTheBackwardPass) {
  const Shape c = GetParam();
  Learner l(ENGINE_FAST, c.channels, c.outputs, c.group);
  const auto iterate = [&] {
    l.clear();
    // The activations are row-major here; in a net they come in the layout of the kernels.
    const int64_t before = context_reorders(l.context.get());
    convolution_backward_weight(l.op.get(), l.x.get(), l.dy.get(), l.dw.get(), l.db.get());
    sgd_update(l.w.get(), l.dw.get(), l.h.get(), 1, 0, 0, 0.001f, 0.9f);
    sgd_update(l.b.get(), l.db.get(), l.hb.get(), 1, 0, 0, 0.001f, 0.9f);
    convolution_forward(l.op.get(), l.x.get(), l.w.get(), l.b.get(), l.y.get());
    return context_reorders(l.context.get()) - before;
  };
  l.forward_backward();
  iterate();
  EXPECT_EQ(iterate(), 0);
  const int64_t before = context_reorders(l.context.get());
  convolution_backward_data(l.op.get(), l.dy.get(), l.w.get(), nullptr, l.dx.get());
  EXPECT_LE(context_reorders(l.context.get()) - before, 1);
}

INSTANTIATE_TEST_SUITE_P(Shapes, TrainingStepTest,
                         testing::Values(Shape{16, 32, 1}, Shape{32, 64, 2}, Shape{20, 50, 1}, Shape{12, 18, 3}, Shape{24, 24, 24}, Shape{3, 16, 1}));

TEST(TrainingStep, SharedGradientsAddUpFromBothLayers) {
  Learner a(ENGINE_FAST, 16, 16, 1);
  ContextPtr& context = a.context;
  ConvolutionPtr other = make_convolution(context.get(), ENGINE_FAST, 16, 16, 1);
  TensorPtr shared = make_tensor(context.get(), a.weight_dims), alone = make_tensor(context.get(), a.weight_dims);
  tensor_share(shared.get(), a.dw.get());
  tensor_fill(shared.get(), 0);
  convolution_backward_weight(a.op.get(), a.x.get(), a.dy.get(), a.dw.get(), nullptr);
  convolution_backward_weight(other.get(), a.x.get(), a.dy.get(), shared.get(), nullptr);
  convolution_backward_weight(other.get(), a.x.get(), a.dy.get(), alone.get(), nullptr);
  auto doubled = doubles(values_of(alone.get()));
  for (double& v : doubled) v *= 2;
  expect_close(values_of(a.dw.get()), doubled, 1e-5);
  expect_close(values_of(shared.get()), doubled, 1e-5);
}

}  // namespace
}  // namespace caffe4j
