#include "test_util.h"

#include <cstring>
#include <limits>
#include <string>

namespace caffe4j {
namespace {

TEST(Tensor, ReadsZerosUntilWritten) {
  ContextPtr context(context_create_cpu(1));
  TensorPtr t = make_tensor(context.get(), {2, 3});
  EXPECT_EQ(values_of(t.get()), std::vector<float>(6, 0.f));
}

TEST(Tensor, KeepsValuesWhenItShrinksAndReadsZerosWhenItGrows) {
  ContextPtr context(context_create_cpu(1));
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
  ContextPtr context(context_create_cpu(1));
  TensorPtr t(tensor_create(context.get()));
  tensor_reshape(t.get(), nullptr, 0);
  EXPECT_EQ(tensor_count(t.get()), 1);
}

TEST(Tensor, SharesValuesBothWays) {
  ContextPtr context(context_create_cpu(1));
  TensorPtr a = make_tensor(context.get(), {2, 2}, {1, 2, 3, 4});
  TensorPtr b = make_tensor(context.get(), {4});
  tensor_share(b.get(), a.get());
  tensor_update(b.get())[3] = 9;
  EXPECT_EQ(values_of(a.get()), (std::vector<float>{1, 2, 3, 9}));
  EXPECT_TRUE(tensor_is_shared(a.get(), b.get()));
}

TEST(Tensor, RetainedMemoryOutlivesTheTensor) {
  ContextPtr context(context_create_cpu(1));
  TensorPtr t = make_tensor(context.get(), {3}, {1, 2, 3});
  const float* values = tensor_read(t.get());
  BufferRef* kept = tensor_retain(t.get());
  t.reset();
  EXPECT_EQ(values[2], 3.f);
  buffer_release(kept);
}

TEST(Tensor, KeepsItsContextAlive) {
  ContextPtr context(context_create_cpu(1));
  TensorPtr t = make_tensor(context.get(), {3}, {1, -2, 3});
  context.reset();
  EXPECT_EQ(tensor_asum(t.get()), 6);
}

TEST(Tensor, ReportsImpossibleSizesInsteadOfCrashing) {
  ContextPtr context(context_create_cpu(1));
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
  ContextPtr context(context_create_cpu(1));
  TensorPtr t = make_tensor(context.get(), {3});
  float values[4] = {};
  EXPECT_THROW(tensor_put(t.get(), 1, values, 3), std::exception);
  EXPECT_THROW(tensor_put(t.get(), -1, values, 1), std::exception);
  EXPECT_THROW(tensor_get(t.get(), 0, nullptr, 1), std::exception);
  EXPECT_THROW(tensor_count(nullptr), std::exception);
}

TEST(Tensor, Arithmetic) {
  ContextPtr context(context_create_cpu(2));
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

}  // namespace
}  // namespace caffe4j
