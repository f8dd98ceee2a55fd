#include "caffe4j/batch_reindex.h"

#include <limits>

#include "test_util.h"

namespace caffe4j {
namespace {

TEST(BatchReindex, ChoosesAndSums) {
  ContextPtr context = make_context(2);
  TensorPtr x = make_tensor(context.get(), {3, 2}, {1, 2, 3, 4, 5, 6}), index = make_tensor(context.get(), {4}, {2, 0, 2, 2.9f});
  TensorPtr y = make_tensor(context.get(), {4, 2}), dx = make_tensor(context.get(), {3, 2}, {9, 9, 9, 9, 9, 9});
  batch_reindex_forward(x.get(), index.get(), y.get());
  EXPECT_EQ(values_of(y.get()), (std::vector<float>{5, 6, 1, 2, 5, 6, 5, 6}));
  batch_reindex_backward(y.get(), index.get(), dx.get());
  EXPECT_EQ(values_of(dx.get()), (std::vector<float>{1, 2, 0, 0, 15, 18}));
}

TEST(BatchReindex, LargeItems) {
  ContextPtr context = make_context(2);
  const std::vector<float> values = random_values(2 * 10000, 1);
  TensorPtr x = make_tensor(context.get(), {2, 10000}, values), index = make_tensor(context.get(), {2}, {1, 1});
  TensorPtr y = make_tensor(context.get(), {2, 10000}), dx = make_tensor(context.get(), {2, 10000});
  batch_reindex_forward(x.get(), index.get(), y.get());
  batch_reindex_backward(y.get(), index.get(), dx.get());
  std::vector<double> expected(20000);
  for (size_t i = 10000; i < 20000; ++i) expected[i] = 2 * double(values[i]);
  expect_close(values_of(dx.get()), expected, 1e-6);
}

TEST(BatchReindex, NothingChosen) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {2, 2}, {1, 2, 3, 4}), index = make_tensor(context.get(), {0}),
            y = make_tensor(context.get(), {0, 2});
  batch_reindex_forward(x.get(), index.get(), y.get());
  batch_reindex_backward(y.get(), index.get(), x.get());
  EXPECT_EQ(values_of(x.get()), std::vector<float>(4, 0.f));
}

TEST(BatchReindex, RefusesItemsThatAreNotThere) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {3, 2}), y = make_tensor(context.get(), {1, 2});
  for (float wrong : {-1.f, 3.f, 1e30f, std::numeric_limits<float>::quiet_NaN()}) {
    TensorPtr index = make_tensor(context.get(), {1}, {wrong});
    EXPECT_THROW(batch_reindex_forward(x.get(), index.get(), y.get()), std::exception) << wrong;
  }
  TensorPtr two = make_tensor(context.get(), {2}, {0, 1});
  EXPECT_THROW(batch_reindex_forward(x.get(), two.get(), y.get()), std::exception);
}

}  // namespace
}  // namespace caffe4j
