#include "caffe4j/relu.h"

#include "test_util.h"

namespace caffe4j {
namespace {

TEST(Relu, ForwardAndBackwardWithSlope) {
  ContextPtr context = make_context(2);
  TensorPtr x = make_tensor(context.get(), {5}, {-2, -1, 0, 1, 2});
  TensorPtr y = make_tensor(context.get(), {5});
  TensorPtr dy = make_tensor(context.get(), {5}, {1, 2, 3, 4, 5});
  TensorPtr dx = make_tensor(context.get(), {5});
  relu_forward(x.get(), y.get(), 0.5f);
  EXPECT_EQ(values_of(y.get()), (std::vector<float>{-1, -0.5, 0, 1, 2}));
  relu_backward(x.get(), dy.get(), dx.get(), 0.5f);
  EXPECT_EQ(values_of(dx.get()), (std::vector<float>{0.5, 1, 1.5, 4, 5}));
}

TEST(Relu, InPlace) {
  ContextPtr context = make_context(2);
  TensorPtr x = make_tensor(context.get(), {4}, {-2, -1, 3, 4});
  relu_forward(x.get(), x.get(), 0);
  EXPECT_EQ(values_of(x.get()), (std::vector<float>{0, 0, 3, 4}));
}

TEST(Relu, RefusesDifferentCounts) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {4});
  TensorPtr y = make_tensor(context.get(), {5});
  EXPECT_THROW(relu_forward(x.get(), y.get(), 0), std::exception);
}

}  // namespace
}  // namespace caffe4j
