#include "caffe4j/tile.h"

#include "test_util.h"

namespace caffe4j {
namespace {

TEST(Tile, RepeatsAndSums) {
  ContextPtr context = make_context(2);
  TensorPtr x = make_tensor(context.get(), {2, 2}, {1, 2, 3, 4}), y = make_tensor(context.get(), {2, 6}),
            dx = make_tensor(context.get(), {2, 2});
  tile_forward(x.get(), y.get(), 1, 3);
  EXPECT_EQ(values_of(y.get()), (std::vector<float>{1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4}));
  tile_backward(y.get(), dx.get(), 1, 3);
  EXPECT_EQ(values_of(dx.get()), (std::vector<float>{3, 6, 9, 12}));
}

TEST(Tile, LargeInEveryLayout) {
  ContextPtr context = make_context(2);
  const std::vector<int64_t> dims{2, 16, 17, 19};
  for (int axis = 0; axis < 4; ++axis) {
    for (int layout = 0; layout < 3; ++layout) {
      const std::vector<float> values = counting(2 * 16 * 17 * 19, 0);
      TensorPtr x = make_in_layout(context.get(), dims, values, layout);
      std::vector<int64_t> tiled = dims;
      tiled[size_t(axis)] *= 2;
      TensorPtr y = make_tensor(context.get(), tiled), dx = make_tensor(context.get(), dims);
      tile_forward(x.get(), y.get(), axis, 2);
      tile_backward(y.get(), dx.get(), axis, 2);
      std::vector<float> doubled = values;
      for (float& v : doubled) v *= 2;
      EXPECT_EQ(values_of(dx.get()), doubled) << "axis " << axis << ", layout " << layout;
    }
  }
}

TEST(Tile, RefusesWhatDoesNotFit) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {2, 2}), y = make_tensor(context.get(), {2, 6});
  EXPECT_THROW(tile_forward(x.get(), y.get(), 1, 2), std::exception);
  EXPECT_THROW(tile_forward(x.get(), y.get(), 1, 0), std::exception);
  EXPECT_THROW(tile_backward(y.get(), x.get(), 1, 2), std::exception);
  EXPECT_THROW(tile_backward(y.get(), x.get(), 2, 3), std::exception);
}

}  // namespace
}  // namespace caffe4j
