#include "test_util.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

namespace caffe4j {
namespace {

TEST(Tensor, ReadsZerosUntilWritten) {
  ContextPtr context = make_context(1);
  TensorPtr t = make_tensor(context.get(), {2, 3});
  EXPECT_EQ(values_of(t.get()), std::vector<float>(6, 0.f));
}

TEST(Tensor, KeepsValuesWhenItShrinksAndReadsZerosWhenItGrows) {
  ContextPtr context = make_context(1);
  TensorPtr t = make_tensor(context.get(), {4}, {1, 2, 3, 4});
  const int64_t two[] = {2};
  tensor_reshape(t.get(), two, 1);
  EXPECT_EQ(values_of(t.get()), (std::vector<float>{1, 2}));
  const int64_t four[] = {2, 2};
  tensor_reshape(t.get(), four, 2);
  EXPECT_EQ(values_of(t.get()), (std::vector<float>{1, 2, 3, 4}));
  const int64_t five[] = {5};
  tensor_reshape(t.get(), five, 1);
  EXPECT_EQ(values_of(t.get()), std::vector<float>(5, 0.f));
}

TEST(Tensor, ScalarHasOneElement) {
  ContextPtr context = make_context(1);
  TensorPtr t(tensor_create(context.get()));
  tensor_reshape(t.get(), nullptr, 0);
  EXPECT_EQ(tensor_count(t.get()), 1);
}

TEST(Tensor, SharesValuesBothWays) {
  ContextPtr context = make_context(1);
  TensorPtr a = make_tensor(context.get(), {2, 2}, {1, 2, 3, 4});
  TensorPtr b = make_tensor(context.get(), {4});
  tensor_share(b.get(), a.get());
  tensor_update(b.get())[3] = 9;
  EXPECT_EQ(values_of(a.get()), (std::vector<float>{1, 2, 3, 9}));
  EXPECT_TRUE(tensor_is_shared(a.get(), b.get()));
}

TEST(Tensor, RetainedMemoryOutlivesTheTensor) {
  ContextPtr context = make_context(1);
  TensorPtr t = make_tensor(context.get(), {3}, {1, 2, 3});
  const float* values = tensor_read(t.get());
  BufferRef* kept = tensor_retain(t.get());
  t.reset();
  EXPECT_EQ(values[2], 3.f);
  buffer_release(kept);
}

TEST(Tensor, KeepsItsContextAlive) {
  ContextPtr context = make_context(1);
  TensorPtr t = make_tensor(context.get(), {3}, {1, -2, 3});
  context.reset();
  EXPECT_EQ(tensor_asum(t.get()), 6);
}

TEST(Tensor, ReportsImpossibleSizesInsteadOfCrashing) {
  ContextPtr context = make_context(1);
  TensorPtr t(tensor_create(context.get()));
  const int64_t huge[] = {std::numeric_limits<int64_t>::max() / 2, 3};
  EXPECT_THROW(tensor_reshape(t.get(), huge, 2), std::exception);
  const int64_t large[] = {int64_t(1) << 55};
  tensor_reshape(t.get(), large, 1);  // memory is asked for on first touch
  try {
    tensor_read(t.get());
    FAIL() << "allocated 2^57 bytes";
  } catch (const std::exception& e) {
    EXPECT_EQ(std::string(e.what()).rfind("C4J:HOST_MEMORY:", 0), 0u) << e.what();
  }
}

TEST(Tensor, ChecksRangesAndNulls) {
  ContextPtr context = make_context(1);
  TensorPtr t = make_tensor(context.get(), {3});
  float values[4] = {};
  EXPECT_THROW(tensor_put(t.get(), 1, values, 3), std::exception);
  EXPECT_THROW(tensor_put(t.get(), -1, values, 1), std::exception);
  EXPECT_THROW(tensor_get(t.get(), 0, nullptr, 1), std::exception);
  EXPECT_THROW(tensor_count(nullptr), std::exception);
}

TEST(Tensor, Arithmetic) {
  ContextPtr context = make_context(2);
  TensorPtr a = make_tensor(context.get(), {4}, {1, -2, 3, -4});
  TensorPtr b = make_tensor(context.get(), {4}, {1, 1, 1, 1});
  EXPECT_EQ(tensor_asum(a.get()), 10);
  EXPECT_EQ(tensor_sumsq(a.get()), 30);
  tensor_axpy(2, a.get(), b.get());
  EXPECT_EQ(values_of(b.get()), (std::vector<float>{3, -3, 7, -7}));
  tensor_scale(b.get(), 2);
  EXPECT_EQ(values_of(b.get()), (std::vector<float>{6, -6, 14, -14}));
  EXPECT_EQ(tensor_dot(a.get(), b.get()), 6 + 12 + 42 + 56);
}

TEST(Tensor, ClearedValuesAreZerosForEveryReader) {
  ContextPtr context = make_context(1);
  TensorPtr a = make_tensor(context.get(), {4}, {1, 2, 3, 4});
  TensorPtr b = make_tensor(context.get(), {2, 2});
  tensor_share(b.get(), a.get());
  tensor_fill(a.get(), 0);
  EXPECT_EQ(values_of(b.get()), std::vector<float>(4, 0.f));
  tensor_put(a.get(), 0, std::vector<float>{1, 2, 3, 4}.data(), 4);
  tensor_fill(b.get(), 0);
  EXPECT_EQ(tensor_asum(a.get()), 0);
  EXPECT_EQ(tensor_dot(a.get(), b.get()), 0);
  tensor_update(a.get())[2] = 5;
  EXPECT_EQ(values_of(b.get()), (std::vector<float>{0, 0, 5, 0}));
}

TEST(Tensor, ClearingASmallerShapeLeavesTheRest) {
  ContextPtr context = make_context(1);
  TensorPtr t = make_tensor(context.get(), {4}, {1, 2, 3, 4});
  const int64_t two[] = {2}, four[] = {4};
  tensor_reshape(t.get(), two, 1);
  tensor_fill(t.get(), 0);
  tensor_reshape(t.get(), four, 1);
  EXPECT_EQ(values_of(t.get()), (std::vector<float>{0, 0, 3, 4}));
  tensor_fill(t.get(), 0);
  tensor_reshape(t.get(), two, 1);
  tensor_overwrite(t.get())[0] = 7;
  tensor_overwrite(t.get())[1] = 8;
  tensor_reshape(t.get(), four, 1);
  EXPECT_EQ(values_of(t.get()), (std::vector<float>{7, 8, 0, 0}));
}

TEST(Tensor, ClearedValuesAreExchangedAndCopied) {
  ContextPtr context = make_context(1);
  TensorPtr a = make_tensor(context.get(), {2}, {1, 2}), b = make_tensor(context.get(), {2}, {3, 4}), c = make_tensor(context.get(), {2}, {5, 6});
  tensor_fill(a.get(), 0);
  tensor_swap(a.get(), b.get());
  EXPECT_EQ(values_of(a.get()), (std::vector<float>{3, 4}));
  tensor_copy(b.get(), c.get());
  EXPECT_EQ(values_of(c.get()), (std::vector<float>{0, 0}));
  EXPECT_EQ(values_of(b.get()), (std::vector<float>{0, 0}));
  tensor_fill(b.get(), 0);
  tensor_scale(b.get(), 3);
  tensor_axpy(2, a.get(), b.get());
  EXPECT_EQ(values_of(b.get()), (std::vector<float>{6, 8}));
}

TEST(Tensor, NegativeZeroIsKept) {
  ContextPtr context = make_context(1);
  TensorPtr t = make_tensor(context.get(), {1}, {1});
  tensor_fill(t.get(), -0.f);
  EXPECT_TRUE(std::signbit(values_of(t.get())[0]));
}

}  // namespace
}  // namespace caffe4j
