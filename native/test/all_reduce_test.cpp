#include "caffe4j/all_reduce.h"

#include <cstdlib>
#include <string>

#include "caffe4j/device.h"
#include "test_util.h"

namespace caffe4j {
namespace {

struct AllReduceDeleter {
  void operator()(AllReduce* a) const { all_reduce_destroy(a); }
};
using AllReducePtr = std::unique_ptr<AllReduce, AllReduceDeleter>;

TEST(AllReduceOfCpus, IsRefused) {
  ContextPtr context(context_create_cpu(1));
  Context* contexts[] = {context.get()};
  EXPECT_EQ(error_of([&] { all_reduce_create(contexts, 1); }),
            "C4J:INVALID:an exchange between GPUs needs contexts on GPUs, but that of rank 0 computes on the CPU");
  EXPECT_EQ(error_of([&] { all_reduce_create(contexts, 0); }), "C4J:INVALID:an exchange between GPUs needs contexts, got 0");
}

/** Two ranks, on CUDA devices 0 and 1. */
class AllReduceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!on_gpu() || device_count() < 2) GTEST_SKIP() << "needs two GPUs, real or emulated";
    if (*all_reduce_unavailability() != 0) GTEST_SKIP() << all_reduce_unavailability();
    for (int i = 0; i < 2; ++i) {
      context[i].reset(context_create_gpu(i, 1));
      ranks[i] = context[i].get();
    }
  }

  ContextPtr context[2];
  Context* ranks[2] = {};
};

TEST_F(AllReduceTest, EveryRankGetsTheMean) {
  AllReducePtr all(all_reduce_create(ranks, 2));
  const auto a = random_values(1000, 1), b = random_values(1000, 2), c = random_values(7, 3);
  TensorPtr x[] = {make_tensor(ranks[0], {10, 100}, a), make_tensor(ranks[1], {1000}, b)};
  TensorPtr y[] = {make_tensor(ranks[0], {7}), make_tensor(ranks[1], {7}, c)};
  TensorPtr none[] = {make_tensor(ranks[0], {0}), make_tensor(ranks[1], {0})};
  Tensor* tensors[] = {x[0].get(), none[0].get(), y[0].get(), x[1].get(), none[1].get(), y[1].get()};
  tensor_scale(x[1].get(), 3);  // work that the other rank has to wait for
  all_reduce_average(all.get(), tensors, 3);
  tensor_scale(x[0].get(), 2);  // and work that comes after
  std::vector<double> mean, half;
  for (size_t i = 0; i < a.size(); ++i) mean.push_back((double(a[i]) + 3 * double(b[i])) / 2);
  for (float v : c) half.push_back(double(v) / 2);
  expect_close(values_of(x[1].get()), mean, 1e-6);
  for (double& v : mean) v *= 2;
  expect_close(values_of(x[0].get()), mean, 1e-6);
  for (TensorPtr& t : y) expect_close(values_of(t.get()), half, 1e-6);
}

TEST_F(AllReduceTest, AveragesAgainAndAgainWithoutTheHost) {
  AllReducePtr all(all_reduce_create(ranks, 2));
  TensorPtr x[] = {make_tensor(ranks[0], {4}, {1, 2, 3, 4}), make_tensor(ranks[1], {4}, {5, 6, 7, 8})};
  Tensor* tensors[] = {x[0].get(), x[1].get()};
  for (int i = 0; i < 3; ++i) {
    all_reduce_average(all.get(), tensors, 1);
    tensor_scale(x[i % 2].get(), 3);
  }
  for (Context* rank : ranks) {
    EXPECT_EQ(context_transfers(rank, false), 1);
    EXPECT_EQ(context_transfers(rank, true), 0);
  }
  EXPECT_EQ(values_of(x[0].get()), (std::vector<float>{36, 48, 60, 72}));
  EXPECT_EQ(values_of(x[1].get()), (std::vector<float>{12, 16, 20, 24}));
}

TEST_F(AllReduceTest, OutlivesTheHandlesOfItsContexts) {
  AllReducePtr all(all_reduce_create(ranks, 2));
  TensorPtr x[] = {make_tensor(ranks[0], {1}, {1}), make_tensor(ranks[1], {1}, {2})};
  Tensor* tensors[] = {x[0].get(), x[1].get()};
  for (ContextPtr& c : context) c.reset();
  all_reduce_average(all.get(), tensors, 1);
  EXPECT_EQ(values_of(x[1].get())[0], 1.5f);
}

TEST_F(AllReduceTest, SaysWhatDoesNotFit) {
  ContextPtr second(context_create_gpu(0, 1));
  Context* same[] = {ranks[0], second.get()};
  EXPECT_EQ(error_of([&] { all_reduce_create(same, 2); }),
            "C4J:INVALID:ranks 0 and 1 are both on CUDA device 0; an exchange between GPUs needs a device for each rank");
  AllReducePtr all(all_reduce_create(ranks, 2));
  TensorPtr x = make_tensor(ranks[0], {2}), shorter = make_tensor(ranks[1], {1});
  Tensor* unequal[] = {x.get(), shorter.get()};
  EXPECT_EQ(error_of([&] { all_reduce_average(all.get(), unequal, 1); }).rfind("C4J:SHAPE:", 0), 0u);
  Tensor* of_one[] = {x.get(), x.get()};
  EXPECT_EQ(error_of([&] { all_reduce_average(all.get(), of_one, 1); }), "C4J:INVALID:tensor 0 of rank 1 is of another context");
  Tensor* missing[] = {x.get(), nullptr};
  EXPECT_EQ(error_of([&] { all_reduce_average(all.get(), missing, 1); }), "C4J:INVALID:tensor is null");
}

/** Failures that only the emulated NCCL can play. */
class AllReduceFailureTest : public AllReduceTest {
 protected:
  void SetUp() override {
    AllReduceTest::SetUp();
    if (IsSkipped()) return;
    if (std::string(device_properties(0)).find("emulated device") == std::string::npos) GTEST_SKIP() << "needs the emulated NCCL";
  }
  void TearDown() override { unsetenv("CUDAEMU_NCCL_STATUS"); }
};

TEST_F(AllReduceFailureTest, NcclsReasonIsInTheMessage) {
  AllReducePtr all(all_reduce_create(ranks, 2));
  TensorPtr x[] = {make_tensor(ranks[0], {1}, {1}), make_tensor(ranks[1], {1}, {2})};
  Tensor* tensors[] = {x[0].get(), x[1].get()};
  setenv("CUDAEMU_NCCL_STATUS", "2", 1);
  const std::string reason = ": NCCL status 2 (unhandled system error); NCCL_DEBUG=WARN shows what NCCL says of it";
  EXPECT_EQ(error_of([&] { AllReducePtr(all_reduce_create(ranks, 2)); }), "C4J:DEVICE:starting NCCL" + reason);
  EXPECT_EQ(error_of([&] { all_reduce_average(all.get(), tensors, 1); }), "C4J:DEVICE:adding up over several GPUs" + reason);
  unsetenv("CUDAEMU_NCCL_STATUS");
  all_reduce_average(all.get(), tensors, 1);
  EXPECT_EQ(values_of(x[0].get())[0], 1.5f);
}

}  // namespace
}  // namespace caffe4j
