// What is particular to contexts on a GPU. On machines without one ctest runs these on the emulated device.
#include <functional>
#include <memory>
#include <string>

#include "caffe4j/argmax.h"
#include "caffe4j/batch_reindex.h"
#include "caffe4j/bias.h"
#include "caffe4j/device.h"
#include "caffe4j/embed.h"
#include "caffe4j/relu.h"
#include "caffe4j/softmax_with_loss.h"
#include "caffe4j/timer.h"
#include "test_util.h"

namespace caffe4j {
namespace {

std::string error_of_context(int device) {
  try {
    ContextPtr context(context_create_gpu(device, 1));
  } catch (const std::exception& e) {
    return e.what();
  }
  return "";
}

TEST(Gpu, ADeviceThatDoesNotExistIsAnError) {
  for (int device : {-1, device_count(), 1000}) {
    const std::string text = error_of_context(device);
    EXPECT_EQ(text.rfind("C4J:DEVICE:no CUDA device " + std::to_string(device), 0), 0u) << text;
  }
}

/** Tests that need a device: the one that make_context would take. */
class GpuTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!on_gpu()) GTEST_SKIP() << "the device under test is the CPU";
    context = make_context(1);
  }

  int64_t to_device() const { return context_transfers(context.get(), false); }
  int64_t to_host() const { return context_transfers(context.get(), true); }

  ContextPtr context;
};

TEST_F(GpuTest, TensorsThatAreUsedAtDifferentTimesShareMemory) {
  // a makes b, which makes c in its own place; d and e are the halves of f.
  std::vector<TensorPtr> own;
  std::vector<Tensor*> t;
  for (const std::vector<int64_t>& dims : {std::vector<int64_t>{4, 16}, {64}, {64}, {32}, {2, 16}, {64}}) {
    own.push_back(make_tensor(context.get(), dims));
    t.push_back(own.back().get());
  }
  const int first[] = {0, 1, 2, 3, 4, 5}, last[] = {1, 2, 3, 5, 5, 6}, within[] = {-1, -1, 1, 5, 5, -1};
  const int64_t offset[] = {0, 0, 0, 0, 32, 0};
  EXPECT_EQ(tensors_place(t.data(), first, last, within, offset, 6), 2 * 64 * 4);
  TensorPtr x = make_tensor(context.get(), {64}, random_values(64, 1)), left = make_tensor(context.get(), {32}, counting(32, 0)),
            right = make_tensor(context.get(), {32}, counting(32, 32));
  relu_forward(x.get(), t[1], 1);
  EXPECT_EQ(values_of(t[1]), values_of(x.get()));
  relu_forward(t[1], t[2], 0);
  for (float v : values_of(t[2])) EXPECT_GE(v, 0);
  tensor_copy(left.get(), t[3]);
  relu_forward(right.get(), t[4], 0);
  EXPECT_EQ(values_of(t[5]), counting(64, 0));
  own.resize(5);  // what is left keeps the memory
  own.erase(own.begin());
  EXPECT_EQ(values_of(t[4]), counting(32, 32));
}

TEST_F(GpuTest, PlacesThatDoNotFitAreRefused) {
  TensorPtr large = make_tensor(context.get(), {64}), small = make_tensor(context.get(), {32});
  Tensor* t[] = {large.get(), small.get()};
  const int steps[] = {0, 0};
  const auto error = [&](std::vector<int> within, std::vector<int64_t> offset) {
    return error_of([&] { tensors_place(t, steps, steps, within.data(), offset.data(), 2); }).substr(0, 9);
  };
  EXPECT_EQ(error({1, -1}, {0, 0}), "C4J:SHAPE");
  EXPECT_EQ(error({-1, 0}, {0, 33}), "C4J:SHAPE");
  EXPECT_EQ(error({-1, 0}, {0, -1}), "C4J:SHAPE");
  EXPECT_EQ(error({-1, 2}, {0, 0}), "C4J:INVAL");
  EXPECT_EQ(error({-1, 1}, {0, 0}), "C4J:INVAL");
  EXPECT_EQ(tensors_place(nullptr, nullptr, nullptr, nullptr, nullptr, 0), 0);
}

TEST_F(GpuTest, ValuesMoveOnlyWhenTheOtherSideReadsThem) {
  TensorPtr x = make_tensor(context.get(), {4}, {-1, 2, -3, 4}), y = make_tensor(context.get(), {4}), z = make_tensor(context.get(), {4});
  EXPECT_EQ(to_device(), 0);
  relu_forward(x.get(), y.get(), 0);
  EXPECT_EQ(to_device(), 1);
  relu_forward(x.get(), y.get(), 0.5f);
  relu_forward(y.get(), z.get(), 0);
  tensor_axpy(1, y.get(), z.get());
  EXPECT_EQ(to_device(), 1);
  EXPECT_EQ(to_host(), 0);
  EXPECT_EQ(values_of(z.get()), (std::vector<float>{-0.5, 4, -1.5, 8}));
  EXPECT_EQ(values_of(z.get())[0], -0.5f);
  EXPECT_EQ(to_host(), 1);
  tensor_update(z.get())[0] = 7;
  relu_forward(z.get(), y.get(), 0);
  EXPECT_EQ(to_device(), 2);
  EXPECT_EQ(values_of(y.get()), (std::vector<float>{7, 4, 0, 8}));
}

TEST_F(GpuTest, SumsAreTakenWhereTheValuesAre) {
  for (int64_t count : {4, 4000}) {
    TensorPtr x = make_tensor(context.get(), {count}, std::vector<float>(size_t(count), -2)), y = make_tensor(context.get(), {count});
    tensor_put(y.get(), 0, std::vector<float>(size_t(count), 1).data(), count);
    const int64_t there = to_device(), back = to_host();
    EXPECT_EQ(tensor_asum(x.get()), double(2 * count));
    EXPECT_EQ(tensor_dot(x.get(), y.get()), double(-2 * count));
    EXPECT_EQ(to_device(), there);
    tensor_scale(x.get(), 2);
    EXPECT_EQ(tensor_asum(x.get()), double(4 * count));
    EXPECT_EQ(tensor_dot(x.get(), y.get()), double(-4 * count));
    const bool few = count == 4;
    EXPECT_EQ(to_device() - there, few ? 1 : 2);
    EXPECT_EQ(to_host() - back, few ? 1 : 2) << (few ? "the values" : "the two sums");
  }
}

TEST_F(GpuTest, WhatWasNeverWrittenIsZeroAndIsNotCopied) {
  TensorPtr x = make_tensor(context.get(), {3}), y = make_tensor(context.get(), {3});
  tensor_axpy(2, x.get(), y.get());
  EXPECT_EQ(to_device(), 0);
  EXPECT_EQ(values_of(y.get()), std::vector<float>(3, 0.f));
}

TEST_F(GpuTest, ShrinkingAndGrowingKeepsWhatLiesBehind) {
  TensorPtr t = make_tensor(context.get(), {4}, {1, 2, 3, 4});
  const int64_t two[] = {2}, four[] = {4};
  tensor_reshape(t.get(), two, 1);
  tensor_fill(t.get(), 9);  // writes on the device, the rest is newest on the host
  tensor_reshape(t.get(), four, 1);
  EXPECT_EQ(values_of(t.get()), (std::vector<float>{9, 9, 3, 4}));
  tensor_fill(t.get(), 5);
  tensor_reshape(t.get(), two, 1);
  const float values[] = {7, 8};
  tensor_put(t.get(), 0, values, 2);  // writes on the host, the rest is newest on the device
  tensor_reshape(t.get(), four, 1);
  EXPECT_EQ(values_of(t.get()), (std::vector<float>{7, 8, 5, 5}));
}

TEST_F(GpuTest, LongArraysPassThroughSeveralPinnedBuffers) {
  const int64_t count = 5 * (1 << 20) + 3;  // more than four buffers of 4 MiB
  const std::vector<float> values = random_values(count, 1);
  TensorPtr x = make_tensor(context.get(), {count}, values), y = make_tensor(context.get(), {count});
  tensor_copy(x.get(), y.get());
  EXPECT_EQ(values_of(y.get()), values);
}

TEST_F(GpuTest, ValuesPassBetweenContexts) {
  ContextPtr other = make_context(1), host(context_create_cpu(1));
  TensorPtr a = make_tensor(context.get(), {3}, {1, 2, 3}), b = make_tensor(other.get(), {3}), c = make_tensor(host.get(), {3});
  tensor_scale(a.get(), 2);
  tensor_copy(a.get(), b.get());
  tensor_scale(b.get(), 2);
  tensor_copy(b.get(), c.get());
  EXPECT_EQ(values_of(c.get()), (std::vector<float>{4, 8, 12}));
  EXPECT_THROW(tensor_share(c.get(), a.get()), std::exception);
}

TEST_F(GpuTest, ContextsOnOneDeviceShareValuesThatKernelsOnlyRead) {
  ContextPtr other = make_context(1);
  TensorPtr a = make_tensor(context.get(), {3}, {1, 2, 3}), y = make_tensor(other.get(), {3});
  tensor_scale(a.get(), 2);
  {
    TensorPtr b = make_tensor(other.get(), {3});
    tensor_share(b.get(), a.get());
    relu_forward(b.get(), y.get(), 0);
    EXPECT_EQ(context_transfers(other.get(), false), 0) << "the values are there already";
    EXPECT_EQ(values_of(y.get()), (std::vector<float>{2, 4, 6}));
    EXPECT_THROW(tensor_scale(b.get(), 2), std::exception);
    EXPECT_THROW(tensor_scale(a.get(), 2), std::exception);
    tensor_update(a.get())[1] = -7;
    relu_forward(b.get(), y.get(), 1);
    EXPECT_EQ(values_of(y.get()), (std::vector<float>{2, -7, 6}));
    relu_forward(b.get(), y.get(), 0);  // still to be done when b lets go
  }
  a.reset();
  context.reset();
  EXPECT_EQ(values_of(y.get()), (std::vector<float>{2, 0, 6}));
}

TEST_F(GpuTest, SharersLetGoInAnyOrder) {
  ContextPtr other = make_context(1);
  TensorPtr a = make_tensor(context.get(), {3}, {1, -2, 3}), b = make_tensor(other.get(), {3}), y = make_tensor(other.get(), {3});
  relu_forward(a.get(), make_tensor(context.get(), {3}).get(), 0);
  tensor_share(b.get(), a.get());
  a.reset();
  context.reset();
  relu_forward(b.get(), y.get(), 0);
  tensor_release(b.get());
  EXPECT_EQ(values_of(y.get()), (std::vector<float>{1, 0, 3}));
  EXPECT_EQ(values_of(b.get()), std::vector<float>(3, 0.f));
}

/** Indices that a kernel computed: the host has not seen them. */
TEST_F(GpuTest, IndicesAreCheckedWhereTheyAre) {
  TensorPtr scores = make_tensor(context.get(), {2, 3}, {0, 1, 0, 0, 0, 1}), index = make_tensor(context.get(), {2});
  TensorPtr table = make_tensor(context.get(), {3, 2}, {1, 2, 3, 4, 5, 6}), rows = make_tensor(context.get(), {2, 2});
  TensorPtr gradient = make_tensor(context.get(), {3, 2});
  argmax_forward(scores.get(), index.get(), 3, 1, 1, true, false);
  embed_forward(index.get(), table.get(), nullptr, 2, rows.get());
  embed_backward(index.get(), rows.get(), 2, gradient.get());
  EXPECT_EQ(to_host(), 1) << "how many are wrong";
  batch_reindex_forward(table.get(), index.get(), rows.get());
  batch_reindex_backward(rows.get(), index.get(), table.get());
  EXPECT_EQ(to_host(), 2);
  EXPECT_EQ(to_device(), 2);
  EXPECT_EQ(values_of(gradient.get()), (std::vector<float>{0, 0, 3, 4, 5, 6}));
  EXPECT_EQ(values_of(table.get()), (std::vector<float>{0, 0, 3, 4, 5, 6}));
  tensor_scale(index.get(), 2);
  for (const auto& wrong : std::vector<std::function<void()>>{[&] { embed_forward(index.get(), table.get(), nullptr, 2, rows.get()); },
                                                              [&] { batch_reindex_forward(table.get(), index.get(), rows.get()); }}) {
    try {
      wrong();
      FAIL() << "took index 4 of 3";
    } catch (const std::exception& e) {
      EXPECT_NE(std::string(e.what()).find("C4J:DATA:index "), std::string::npos) << e.what();
      EXPECT_NE(std::string(e.what()).find("4"), std::string::npos) << e.what();
    }
  }
}

TEST_F(GpuTest, BackwardAddsNothingForIndicesThatForwardNeverSaw) {
  TensorPtr index = make_tensor(context.get(), {2}, {1, 5}), rows = make_tensor(context.get(), {2, 2}, {1, 2, 3, 4});
  TensorPtr gradient = make_tensor(context.get(), {3, 2});
  embed_backward(index.get(), rows.get(), 2, gradient.get());
  EXPECT_EQ(values_of(gradient.get()), (std::vector<float>{0, 0, 1, 2, 0, 0}));
}

TEST_F(GpuTest, ATimerWaitsForTheWorkThatItMeasures) {
  TensorPtr x = make_tensor(context.get(), {100000}, random_values(100000, 1)), y = make_tensor(context.get(), {100000});
  std::unique_ptr<Timer, void (*)(Timer*)> timer(timer_create(context.get()), timer_destroy);
  relu_forward(x.get(), y.get(), 0);
  const double one = timer_milliseconds(timer.get());
  EXPECT_GT(one, 0);
  for (int i = 0; i < 20; ++i) relu_forward(x.get(), y.get(), 0);
  EXPECT_GT(timer_milliseconds(timer.get()), one) << "since the same start";
  timer_start(timer.get());
  EXPECT_GE(timer_milliseconds(timer.get()), 0);
}

TEST_F(GpuTest, ALossIsOneCopyOfANumber) {
  TensorPtr p = make_tensor(context.get(), {2, 2}, {0.5, 0.5, 0.25, 0.75}), label = make_tensor(context.get(), {2}, {0, 1});
  TensorPtr dx = make_tensor(context.get(), {2, 2});
  softmax_loss_forward(p.get(), label.get(), 2, 2, 1, false, 0);
  softmax_loss_backward(p.get(), label.get(), dx.get(), 2, 2, 1, false, 0, 1);
  EXPECT_EQ(to_device(), 2);
  EXPECT_EQ(to_host(), 1);
}

TEST_F(GpuTest, OutOfMemoryIsAnErrorAndTheContextGoesOn) {
  const int64_t large = int64_t(1) << 42;
  TensorPtr t = make_tensor(context.get(), {large});
  try {
    tensor_fill(t.get(), 1);
    FAIL() << "allocated " << large << " floats";
  } catch (const std::exception& e) {
    EXPECT_EQ(std::string(e.what()).rfind("C4J:DEVICE_MEMORY:", 0), 0u) << e.what();
  }
  TensorPtr small = make_tensor(context.get(), {3}, {1, 2, 3});
  EXPECT_EQ(tensor_asum(small.get()), 6);
}

TEST_F(GpuTest, TensorsOutliveTheirContext) {
  TensorPtr t = make_tensor(context.get(), {3}, {1, -2, 3});
  tensor_scale(t.get(), 2);
  context.reset();
  EXPECT_EQ(tensor_asum(t.get()), 12);
}

}  // namespace
}  // namespace caffe4j
