// That cuDNN computes what it can where the engine is left to us, and the CAFFE engine the rest. The results are compared in the tests of the
// operations, which ctest runs on an emulated GPU with cuDNN and without.
#include <dlfcn.h>

#include <functional>
#include <string>

#include "caffe4j/elementwise.h"
#include "caffe4j/engine.h"
#include "caffe4j/epilogue.h"
#include "caffe4j/lrn.h"
#include "caffe4j/plan.h"
#include "caffe4j/pooling.h"
#include "caffe4j/relu.h"
#include "caffe4j/softmax.h"
#include "test_util.h"

namespace caffe4j {
namespace {

/** C4J_EXPECTED_LIBRARIES says whether the environment has cuBLAS and cuDNN; without it, nothing is expected. */
TEST(GpuLibraries, AreUsedWhereTheyAreAndMissedWhereNot) {
  const char* expected = std::getenv("C4J_EXPECTED_LIBRARIES");
  if (!on_gpu() || expected == nullptr) GTEST_SKIP() << "nothing is known about the libraries here";
  ContextPtr context = make_context(1);
  for (int library : {GPU_LIBRARY_CUBLAS, GPU_LIBRARY_CUDNN}) {
    const std::string problem = context_library_problem(context.get(), library);
    EXPECT_EQ(problem.empty(), std::string(expected) == "1") << problem;
    EXPECT_EQ(problem, context_library_problem(context.get(), library)) << "the answer stays";
  }
  EXPECT_THROW(context_library_problem(context.get(), 2), std::exception);
}

TEST(GpuLibraries, AreNoMatterOnTheCpu) {
  ContextPtr context(context_create_cpu(1));
  EXPECT_STREQ(context_library_problem(context.get(), GPU_LIBRARY_CUDNN), "");
}

class CudnnTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!on_gpu()) GTEST_SKIP() << "the device under test is the CPU";
    context = make_context(1);
    const std::string problem = context_library_problem(context.get(), GPU_LIBRARY_CUDNN);
    if (!problem.empty()) GTEST_SKIP() << "no cuDNN: " << problem;
    if (void* library = dlopen("libcudnn.so.9", RTLD_NOW | RTLD_NOLOAD)) {
      computations = reinterpret_cast<int64_t (*)()>(dlsym(library, "cudaemuCudnnComputations"));
      dlclose(library);
    }
  }

  /** Runs f, which must have given cuDNN so much work; only the emulated one counts. */
  void expect_computations(int64_t expected, const char* what, const std::function<void()>& f) const {
    const int64_t before = computations != nullptr ? computations() : 0;
    f();
    EXPECT_EQ(computations != nullptr ? computations() - before : expected, expected) << what;
  }

  /** Which algorithms there are, and which of them are quick, is known of the emulated cuDNN only. */
  void expect_implementation(const Convolution* op, const std::string& expected) const {
    const std::string actual = convolution_implementation(op);
    EXPECT_EQ(computations != nullptr ? actual : actual.substr(0, expected.find(':')), computations != nullptr ? expected : expected.substr(0, expected.find(':')));
  }

  ContextPtr context;
  int64_t (*computations)() = nullptr;
};

TEST_F(CudnnTest, ComputesWhatTheEngineLeavesToIt) {
  const std::vector<int64_t> dims{2, 5, 4, 3};
  const auto values = random_values(120, 1);
  for (const int engine : {ENGINE_DEFAULT, ENGINE_CUDNN, ENGINE_CAFFE}) {
    const int one = engine == ENGINE_CAFFE ? 0 : 1;
    TensorPtr x = make_tensor(context.get(), dims, values), y = make_tensor(context.get(), dims), dy = make_tensor(context.get(), dims, values),
              dx = make_tensor(context.get(), dims);
    expect_computations(one, "ReLU", [&] { relu_forward(x.get(), y.get(), 0, engine); });
    expect_computations(one, "ReLU's gradient", [&] { relu_backward(x.get(), dy.get(), dx.get(), 0, engine); });
    expect_computations(0, "ReLU with a slope", [&] {
      relu_forward(x.get(), y.get(), 0.1f, engine);
      relu_backward(x.get(), dy.get(), dx.get(), 0.1f, engine);
    });
    for (const int f : {ELEMENTWISE_SIGMOID, ELEMENTWISE_TANH}) {
      expect_computations(one, "an activation", [&] { elementwise_forward(f, x.get(), y.get(), 0, 0, 0, engine); });
      expect_computations(one, "its gradient", [&] { elementwise_backward(f, x.get(), y.get(), dy.get(), dx.get(), 0, 0, 0, engine); });
    }
    expect_computations(0, "an activation that cuDNN is not used for", [&] { elementwise_forward(ELEMENTWISE_BNLL, x.get(), y.get(), 0, 0, 0, engine); });
    expect_computations(one, "softmax", [&] { softmax_forward(x.get(), y.get(), 2, 5, 12, engine); });
    expect_computations(one, "softmax's gradient", [&] { softmax_backward(y.get(), dy.get(), dx.get(), 2, 5, 12, engine); });
    for (const int region : {LRN_ACROSS_CHANNELS, LRN_WITHIN_CHANNEL}) {
      const int backward = region == LRN_ACROSS_CHANNELS ? 2 * one : one;  // the output is computed once more
      expect_computations(one, "LRN", [&] { lrn_forward(x.get(), y.get(), region, 5, 1, 0.75f, 1, engine); });
      expect_computations(backward, "LRN's gradient", [&] { lrn_backward(x.get(), dy.get(), dx.get(), region, 5, 1, 0.75f, 1, engine); });
      expect_computations(0, "LRN over more than cuDNN takes", [&] {
        lrn_forward(x.get(), y.get(), region, 17, 1, 0.75f, 1, engine);
        lrn_forward(x.get(), y.get(), region, 5, 1, 0.75f, 0, engine);
        lrn_forward(x.get(), y.get(), region, 5, 1, 0, 1, engine);
      });
    }
  }
}

TEST_F(CudnnTest, EmptyArraysAreNoMatter) {
  TensorPtr x = make_tensor(context.get(), {0, 3, 4, 4}), y = make_tensor(context.get(), {0, 3, 4, 4});
  relu_forward(x.get(), y.get(), 0);
  softmax_forward(x.get(), y.get(), 0, 3, 16);
  lrn_forward(x.get(), y.get(), LRN_ACROSS_CHANNELS, 5, 1, 0.75f, 1);
  elementwise_backward(ELEMENTWISE_TANH, x.get(), y.get(), x.get(), y.get(), 0, 0, 0);
  EXPECT_EQ(tensor_count(y.get()), 0);
}

struct PoolingDeleter {
  void operator()(Pooling* p) const { pooling_destroy(p); }
};

TEST_F(CudnnTest, PoolsMeansWhoseDivisorIsTheWindow) {
  struct {
    int method, engine;
    int64_t kernel, stride, pad, size, out;
    const char* implementation;
  } const cases[] = {{POOLING_AVE, ENGINE_DEFAULT, 3, 2, 1, 5, 3, "cudnn"},  // a window ends with the padding
                     {POOLING_AVE, ENGINE_CUDNN, 3, 2, 0, 5, 2, "cudnn"},    {POOLING_AVE, ENGINE_CAFFE, 3, 2, 0, 5, 2, "plain"},
                     {POOLING_AVE, ENGINE_CUDNN, 3, 2, 1, 4, 3, "plain"},  // one leaves it
                     {POOLING_MAX, ENGINE_CUDNN, 3, 2, 0, 5, 2, "plain"}};
  for (const auto& c : cases) {
    std::unique_ptr<Pooling, PoolingDeleter> op(pooling_create(context.get(), c.method, c.engine, c.kernel, c.kernel, c.stride, c.stride, c.pad, c.pad));
    TensorPtr x = make_tensor(context.get(), {2, 3, c.size, c.size}, random_values(6 * c.size * c.size, 1)),
              y = make_tensor(context.get(), {2, 3, c.out, c.out}), dx = make_tensor(context.get(), {2, 3, c.size, c.size});
    pooling_forward(op.get(), x.get(), y.get(), nullptr, true, 0);
    EXPECT_STREQ(pooling_implementation(op.get()), c.implementation);
    pooling_backward(op.get(), x.get(), y.get(), dx.get());
    EXPECT_STREQ(pooling_implementation(op.get()), c.implementation);
  }
}

struct ConvolutionDeleter {
  void operator()(Convolution* c) const { convolution_destroy(c); }
};

TEST_F(CudnnTest, ConvolvesByAnAlgorithmThatFitsItsWorkspaceAndRepeats) {
  struct {
    int engine, axes;
    int64_t dilation, stride;
    const char* implementation;
  } const cases[] = {{ENGINE_DEFAULT, 2, 1, 1, "cudnn:1"}, {ENGINE_CUDNN, 2, 1, 2, "cudnn:1"},   {ENGINE_CAFFE, 2, 1, 1, "im2col"},
                     {ENGINE_DEFAULT, 2, 2, 1, "im2col"},  {ENGINE_DEFAULT, 1, 1, 1, "im2col"}, {ENGINE_DEFAULT, 2, 1, 5000, "im2col"}};
  for (const auto& c : cases) {
    if (computations == nullptr && c.stride > 1000) continue;  // what other algorithms take is not known
    const int64_t kernel[] = {3, 3}, stride[] = {c.stride, c.stride}, pad[] = {1, 1}, dilation[] = {c.dilation, c.dilation};
    const int64_t out = (8 + 2 - (c.dilation * 2 + 1)) / c.stride + 1;
    std::unique_ptr<Convolution, ConvolutionDeleter> op(
        convolution_create(context.get(), c.engine, 5, 3, 1, kernel, stride, pad, dilation, c.axes, false));
    std::vector<int64_t> in{1, 5}, weights{3, 5}, outputs{1, 3};
    for (int a = 0; a < c.axes; ++a) {
      in.push_back(8);
      weights.push_back(3);
      outputs.push_back(out);
    }
    TensorPtr x = make_tensor(context.get(), in), w = make_tensor(context.get(), weights), y = make_tensor(context.get(), outputs),
              dw = make_tensor(context.get(), weights);
    for (Tensor* t : {x.get(), w.get(), y.get()}) tensor_fill(t, 1);
    convolution_forward(op.get(), x.get(), w.get(), nullptr, y.get());
    expect_implementation(op.get(), c.implementation);
    convolution_backward_data(op.get(), y.get(), w.get(), nullptr, x.get());
    EXPECT_STREQ(convolution_implementation(op.get()), "im2col") << "which so little work is quicker with";
    convolution_backward_weight(op.get(), x.get(), y.get(), dw.get(), nullptr);
    EXPECT_STREQ(convolution_implementation(op.get()), "im2col");
  }
}

TEST_F(CudnnTest, GradientsOfLargeConvolutionsAreItsOwn) {
  const int64_t three[] = {3, 3}, two[] = {2, 2}, one[] = {1, 1};
  std::unique_ptr<Convolution, ConvolutionDeleter> op(convolution_create(context.get(), ENGINE_DEFAULT, 32, 64, 1, three, two, one, one, 2, false));
  TensorPtr x = make_tensor(context.get(), {1, 32, 220, 220}), w = make_tensor(context.get(), {64, 32, 3, 3}),
            dy = make_tensor(context.get(), {1, 64, 110, 110}), dw = make_tensor(context.get(), {64, 32, 3, 3});
  for (Tensor* t : {x.get(), w.get(), dy.get()}) tensor_fill(t, 1);
  convolution_backward_data(op.get(), dy.get(), w.get(), nullptr, x.get());
  expect_implementation(op.get(), "cudnn:1");
  EXPECT_EQ(values_of(x.get())[220 + 2], 64 * 2) << "two rows of windows hold it, and one column";
  convolution_backward_weight(op.get(), x.get(), dy.get(), dw.get(), nullptr);
  expect_implementation(op.get(), "cudnn:1");
}

TEST_F(CudnnTest, ConvolvesByWinogradsAlgorithmInPartsThatFitTheWorkspace) {
  const std::vector<int64_t> dims{9, 128, 28, 28}, weights{128, 128, 3, 3};
  const int64_t count = 9 * 128 * 28 * 28, one[] = {1, 1}, three[] = {3, 3};
  TensorPtr x = make_tensor(context.get(), dims, random_values(count, 1)), dy = make_tensor(context.get(), dims, random_values(count, 2)),
            w = make_tensor(context.get(), weights, random_values(128 * 128 * 9, 3)), bias = make_tensor(context.get(), {128}, random_values(128, 4));
  std::vector<std::vector<float>> results[2];
  for (const int engine : {ENGINE_CAFFE, ENGINE_DEFAULT}) {
    std::unique_ptr<Convolution, ConvolutionDeleter> op(
        convolution_create(context.get(), engine, 128, 128, 1, three, one, one, one, 2, false));
    const auto expect_algorithm = [&](const char* expected) {
      if (engine == ENGINE_DEFAULT) expect_implementation(op.get(), expected);
    };
    TensorPtr y = make_tensor(context.get(), dims), dx = make_tensor(context.get(), dims), dw = make_tensor(context.get(), weights);
    std::unique_ptr<Epilogue, void (*)(Epilogue*)> relu(epilogue_create(), epilogue_destroy);
    epilogue_add_activation(relu.get(), PLAN_RELU, 0, 0, 0);
    std::vector<std::vector<float>>& found = results[engine == ENGINE_DEFAULT];
    convolution_forward(op.get(), x.get(), w.get(), bias.get(), y.get());
    expect_algorithm("cudnn:7");
    found.push_back(values_of(y.get()));
    convolution_forward_fused(op.get(), x.get(), w.get(), bias.get(), relu.get(), y.get());
    expect_algorithm("cudnn:7 with ReLU");
    found.push_back(values_of(y.get()));
    convolution_backward_data(op.get(), dy.get(), w.get(), nullptr, dx.get());
    expect_algorithm("cudnn:5");
    found.push_back(values_of(dx.get()));
    for (int time = 0; time < 2; ++time) {
      convolution_backward_weight(op.get(), x.get(), dy.get(), dw.get(), nullptr);
      expect_algorithm("cudnn:5");
      found.push_back(values_of(dw.get()));
    }
  }
  for (size_t i = 0; i < results[0].size(); ++i) {
    SCOPED_TRACE(i);
    expect_close(results[1][i], std::vector<double>(results[0][i].begin(), results[0][i].end()), 3e-5);
  }
}

TEST_F(CudnnTest, GradientsOfWeightsAndBiasAreWrittenIntoZeroAndAddedToTheRest) {
  const int64_t kernel[] = {2, 2}, one[] = {1, 1}, zero[] = {0, 0};
  std::unique_ptr<Convolution, ConvolutionDeleter> op(convolution_create(context.get(), ENGINE_CUDNN, 1, 1, 1, kernel, one, zero, one, 2, false));
  TensorPtr x = make_tensor(context.get(), {1, 1, 3, 3}, counting(9, 1)), dy = make_tensor(context.get(), {1, 1, 2, 2}, {1, 0, 0, 2}),
            dw = make_tensor(context.get(), {1, 1, 2, 2}), db = make_tensor(context.get(), {1});
  for (float times : {1.f, 2.f}) {
    convolution_backward_weight(op.get(), x.get(), dy.get(), dw.get(), db.get());
    EXPECT_EQ(values_of(dw.get()), (std::vector<float>{11 * times, 14 * times, 20 * times, 23 * times}));
    EXPECT_EQ(values_of(db.get()), (std::vector<float>{3 * times}));
  }
}

TEST_F(CudnnTest, LrnsGradientIsThatOfTheCaffeEngine) {
  const std::vector<int64_t> dims{1, 4, 2, 2};
  TensorPtr x = make_tensor(context.get(), dims, random_values(16, 1)), y = make_tensor(context.get(), dims),
            dy = make_tensor(context.get(), dims, random_values(16, 2)), dx = make_tensor(context.get(), dims), own = make_tensor(context.get(), dims);
  lrn_forward(x.get(), y.get(), LRN_ACROSS_CHANNELS, 3, 1, 0.75f, 1);
  tensor_fill(y.get(), 7);
  lrn_backward(x.get(), dy.get(), dx.get(), LRN_ACROSS_CHANNELS, 3, 1, 0.75f, 1);
  lrn_backward(x.get(), dy.get(), own.get(), LRN_ACROSS_CHANNELS, 3, 1, 0.75f, 1, ENGINE_CAFFE);
  const auto expected = values_of(own.get());
  expect_close(values_of(dx.get()), std::vector<double>(expected.begin(), expected.end()), 1e-5);
}

}  // namespace
}  // namespace caffe4j
