#include "caffe4j/concat.h"

#include "test_util.h"

namespace caffe4j {
namespace {

/** What a concatenation gives, element by element. */
std::vector<float> joined(const std::vector<std::vector<float>>& parts, const std::vector<int64_t>& sizes, int64_t outer, int64_t inner) {
  std::vector<float> whole;
  for (int64_t o = 0; o < outer; ++o) {
    for (size_t k = 0; k < parts.size(); ++k) {
      const auto begin = parts[k].begin() + o * sizes[k] * inner;
      whole.insert(whole.end(), begin, begin + sizes[k] * inner);
    }
  }
  return whole;
}

void check_round_trip(const std::vector<int64_t>& dims, int axis, const std::vector<int64_t>& sizes, int layout) {
  SCOPED_TRACE("axis " + std::to_string(axis) + ", layout " + std::to_string(layout) + ", first part " + std::to_string(sizes[0]));
  ContextPtr context = make_context(2);
  int64_t outer = 1, inner = 1, size = 0;
  for (int i = 0; i < axis; ++i) outer *= dims[size_t(i)];
  for (size_t i = size_t(axis) + 1; i < dims.size(); ++i) inner *= dims[i];
  std::vector<std::vector<float>> values;
  std::vector<TensorPtr> parts, again;
  std::vector<Tensor*> handles, out;
  for (int64_t s : sizes) {
    std::vector<int64_t> part_dims = dims;
    part_dims[size_t(axis)] = s;
    values.push_back(counting(outer * s * inner, float(1000 * values.size())));
    parts.push_back(make_in_layout(context.get(), part_dims, values.back(), layout));
    again.push_back(make_tensor(context.get(), part_dims));
    handles.push_back(parts.back().get());
    out.push_back(again.back().get());
    size += s;
  }
  std::vector<int64_t> whole_dims = dims;
  whole_dims[size_t(axis)] = size;
  TensorPtr whole = make_tensor(context.get(), whole_dims);
  const int count = int(sizes.size());
  concat(handles.data(), count, whole.get(), axis);
  slice(whole.get(), out.data(), count, nullptr, axis);
  for (size_t k = 0; k < sizes.size(); ++k) EXPECT_EQ(values_of(out[k]), values[k]) << "part " << k;
  EXPECT_EQ(values_of(whole.get()), joined(values, sizes, outer, inner));
}

TEST(Concat, EveryAxisAndLayout) {
  for (int layout = 0; layout < 3; ++layout) {
    for (int axis = 0; axis < 4; ++axis) check_round_trip({2, 20, 5, 7}, axis, {20, 3, 8}, layout);
    check_round_trip({2, 16, 5, 7}, 1, {16, 32, 16}, layout);
    check_round_trip({2, 16, 5, 7}, 1, {16, 32, 5}, layout);
    check_round_trip({1, 64, 30, 30}, 1, {64}, layout);
  }
  check_round_trip({6}, 0, {1, 2, 3}, 0);
  check_round_trip({3, 4}, 1, {0, 4, 2}, 0);
  check_round_trip({2, 3, 2, 3, 2, 2}, 3, {1, 3}, 0);
}

TEST(Concat, KeepsTheLayoutWhereBlocksAllow) {
  ContextPtr context = make_context(2);
  for (int layout : {1, 2}) {
    TensorPtr a = make_in_layout(context.get(), {1, 16, 4, 4}, counting(256, 0), layout);
    TensorPtr b = make_in_layout(context.get(), {1, 24, 4, 4}, counting(384, 0), layout);
    TensorPtr y = make_tensor(context.get(), {1, 40, 4, 4});
    Tensor* parts[] = {a.get(), b.get()};
    concat(parts, 2, y.get(), 1);
    EXPECT_EQ(tensor_is_blocked(y.get()), has_blocked_layouts()) << layout;
  }
}

TEST(Concat, WritesOnlyWantedParts) {
  ContextPtr context = make_context(1);
  TensorPtr whole = make_tensor(context.get(), {4}, {1, 2, 3, 4}), a = make_tensor(context.get(), {2}, {8, 8}),
            b = make_tensor(context.get(), {2}, {9, 9});
  Tensor* parts[] = {a.get(), b.get()};
  const bool wanted[] = {false, true};
  slice(whole.get(), parts, 2, wanted, 0);
  EXPECT_EQ(values_of(a.get()), (std::vector<float>{8, 8}));
  EXPECT_EQ(values_of(b.get()), (std::vector<float>{3, 4}));
}

TEST(Concat, RefusesPartsThatDoNotFit) {
  ContextPtr context = make_context(1);
  TensorPtr a = make_tensor(context.get(), {2, 3}), b = make_tensor(context.get(), {2, 4}), whole = make_tensor(context.get(), {2, 8});
  Tensor* parts[] = {a.get(), b.get()};
  EXPECT_THROW(concat(parts, 2, whole.get(), 1), std::exception);
  EXPECT_THROW(concat(parts, 2, whole.get(), 2), std::exception);
  EXPECT_THROW(concat(parts, 2, whole.get(), 0), std::exception);
  EXPECT_THROW(concat(nullptr, 2, whole.get(), 0), std::exception);
}

}  // namespace
}  // namespace caffe4j
