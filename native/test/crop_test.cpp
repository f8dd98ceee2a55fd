#include "caffe4j/crop.h"

#include "test_util.h"

namespace caffe4j {
namespace {

void check_crop(const std::vector<int64_t>& dims, const std::vector<int64_t>& offset, const std::vector<int64_t>& size, int layout) {
  SCOPED_TRACE("layout " + std::to_string(layout) + ", channels from " + std::to_string(offset[1]));
  ContextPtr context = make_context(2);
  int64_t count = 1, box = 1;
  for (int64_t d : dims) count *= d;
  for (int64_t d : size) box *= d;
  const std::vector<float> values = counting(count, 1), weights = counting(box, 1);
  std::vector<float> cropped, gradient(size_t(count), 0.f);
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i;
    bool inside = true;
    for (size_t a = dims.size(); a-- > 0; rest /= dims[a]) {
      const int64_t at = rest % dims[a];
      inside &= at >= offset[a] && at < offset[a] + size[a];
    }
    if (!inside) continue;
    gradient[size_t(i)] = weights[cropped.size()];
    cropped.push_back(values[size_t(i)]);
  }
  TensorPtr x = make_in_layout(context.get(), dims, values, layout), y = make_tensor(context.get(), size);
  crop_forward(x.get(), offset.data(), y.get());
  EXPECT_EQ(values_of(y.get()), cropped);
  TensorPtr dy = make_in_layout(context.get(), size, weights, layout);
  crop_backward(dy.get(), offset.data(), x.get());
  EXPECT_EQ(values_of(x.get()), gradient);
}

TEST(Crop, BoxesInEveryLayout) {
  for (int layout = 0; layout < 3; ++layout) {
    check_crop({2, 20, 9, 11}, {0, 0, 3, 2}, {2, 20, 5, 9}, layout);
    check_crop({2, 20, 9, 11}, {1, 16, 0, 1}, {1, 4, 9, 10}, layout);
    check_crop({2, 20, 9, 11}, {0, 3, 2, 0}, {2, 7, 5, 11}, layout);
  }
}

TEST(Crop, RefusesBoxesOutside) {
  ContextPtr context = make_context(1);
  TensorPtr x = make_tensor(context.get(), {4, 4}), y = make_tensor(context.get(), {2, 2});
  const int64_t outside[] = {3, 0}, negative[] = {0, -1};
  EXPECT_THROW(crop_forward(x.get(), outside, y.get()), std::exception);
  EXPECT_THROW(crop_forward(x.get(), negative, y.get()), std::exception);
  EXPECT_THROW(crop_forward(x.get(), nullptr, y.get()), std::exception);
}

}  // namespace
}  // namespace caffe4j
