#pragma once
#include "caffe4j/plan.h"
#include "processor.h"
#include "test_util.h"

namespace caffe4j {

struct PlanDeleter {
  void operator()(Plan* p) const { plan_destroy(p); }
};
struct WeightsDeleter {
  void operator()(FrozenWeights* w) const { frozen_weights_destroy(w); }
};

/** True where oneDNN's kernels make and take the layouts that plans prefer, in blocks of 16 channels too: with AVX-512. */
inline bool has_blocks_of_16() { return plan_has_all_kernels() && processor_has(dnnl::cpu_isa::avx512_core); }

/** A plan on the CPU, with helpers that make weights on the way. */
class PlanTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (on_gpu()) GTEST_SKIP() << "plans compute on the CPU";
    start();
  }

  void start() {
    plan_.reset();
    weights_.reset(frozen_weights_create());
    plan_.reset(plan_create(context_.get(), weights_.get(), PLAN_F32));
  }

  int weight(const std::vector<int64_t>& dims, unsigned seed) {
    int64_t count = 1;
    for (int64_t d : dims) count *= d;
    TensorPtr t = make_tensor(context_.get(), dims, random_values(count, seed));
    return frozen_weights_add(weights_.get(), t.get());
  }

  int convolution(int input, int64_t channels, int64_t outputs, int64_t kernel, int64_t stride, int64_t pad, unsigned seed) {
    const int64_t k[] = {kernel, kernel}, s[] = {stride, stride}, p[] = {pad, pad}, d[] = {1, 1};
    const int w = weight({outputs, channels, kernel, kernel}, seed), b = weight({outputs}, seed + 1);
    return plan_convolution(plan_.get(), "conv", input, w, b, outputs, 1, k, s, p, d, 2);
  }

  int pooling(int input, int method, int64_t kernel, int64_t stride, int64_t out_h, int64_t out_w) {
    return plan_pooling(plan_.get(), "pool", input, method, kernel, kernel, stride, stride, 0, 0, out_h, out_w);
  }

  std::vector<float> run(int value, const std::vector<int64_t>& dims) {
    TensorPtr y = make_tensor(context_.get(), dims);
    plan_output(plan_.get(), value, y.get());
    plan_compile(plan_.get());
    plan_forward(plan_.get(), nullptr);
    return values_of(y.get());
  }

  ContextPtr context_ = make_context(2);
  std::unique_ptr<FrozenWeights, WeightsDeleter> weights_;
  std::unique_ptr<Plan, PlanDeleter> plan_;
};

}  // namespace caffe4j
