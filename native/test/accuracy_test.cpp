#include "caffe4j/accuracy.h"

#include "test_util.h"

namespace caffe4j {
namespace {

TEST(Accuracy, RanksRows) {
  ContextPtr context = make_context(1);
  TensorPtr score = make_tensor(context.get(), {5, 3}, {1, 2, 3, 1, 2, 3, 1, 2, 3, 7, 7, 7, 1, 2, 3});
  TensorPtr label = make_tensor(context.get(), {5}, {2, 1, 0, 1, 5}), rank = make_tensor(context.get(), {5});
  accuracy_rank(score.get(), label.get(), rank.get(), 5, 3, 1);
  EXPECT_EQ(values_of(rank.get()), (std::vector<float>{1, 2, 3, 3, 0})) << "ties count against the label; no class has rank 0";
}

TEST(Accuracy, RanksMaps) {
  constexpr int64_t kOuter = 2, kChannels = 5, kInner = 700;
  ContextPtr context = make_context(2);
  const auto x = random_values(kOuter * kChannels * kInner, 3);
  std::vector<float> labels(size_t(kOuter * kInner)), expected(labels.size());
  for (size_t i = 0; i < labels.size(); ++i) {
    labels[i] = float(i % kChannels);
    const size_t first = i / kInner * kChannels * kInner + i % kInner;
    for (size_t c = 0; c < kChannels; ++c) expected[i] += x[first + c * kInner] >= x[first + i % kChannels * kInner] ? 1 : 0;
  }
  TensorPtr score = make_tensor(context.get(), {kOuter, kChannels, kInner}, x);
  TensorPtr label = make_tensor(context.get(), {kOuter, kInner}, labels), rank = make_tensor(context.get(), {kOuter, kInner});
  accuracy_rank(score.get(), label.get(), rank.get(), kOuter, kChannels, kInner);
  EXPECT_EQ(values_of(rank.get()), expected);
}

}  // namespace
}  // namespace caffe4j
