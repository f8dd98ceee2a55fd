#include "caffe4j/accuracy.h"

#include "test_util.h"

namespace caffe4j {
namespace {

struct Accuracy : testing::Test {
  ContextPtr context = make_context(2);
  TensorPtr all = make_tensor(context.get(), {}), classes = make_tensor(context.get(), {3});

  float of(Tensor* score, Tensor* label, int64_t top_k, bool has_ignored = false, int ignored = 0) {
    const int64_t items = tensor_count(label);
    accuracy_forward(score, label, all.get(), classes.get(), items, 3, 1, top_k, has_ignored, ignored);
    return values_of(all.get())[0];
  }
};

TEST_F(Accuracy, CountsRows) {
  TensorPtr score = make_tensor(context.get(), {5, 3}, {1, 2, 3, 1, 2, 3, 1, 2, 3, 7, 7, 7, 1, 2, 3});
  TensorPtr label = make_tensor(context.get(), {5}, {2, 1, 0, 1, 2});
  EXPECT_EQ(of(score.get(), label.get(), 1), 0.4f);
  EXPECT_EQ(values_of(classes.get()), (std::vector<float>{0, 0, 1}));
  EXPECT_EQ(of(score.get(), label.get(), 2), 0.6f) << "ties count against the label";
  EXPECT_EQ(values_of(classes.get()), (std::vector<float>{0, 0.5f, 1}));
  EXPECT_EQ(of(score.get(), label.get(), 1, true, 1), 2 / 3.0f);
  EXPECT_EQ(values_of(classes.get()), (std::vector<float>{0, 0, 1}));
  TensorPtr ignored = make_tensor(context.get(), {5}, {255, 255, 255, 255, 255});
  EXPECT_EQ(of(score.get(), ignored.get(), 1, true, 255), 0) << "no items";
  EXPECT_EQ(values_of(classes.get()), (std::vector<float>{0, 0, 0}));
}

TEST_F(Accuracy, CountsMaps) {
  constexpr int64_t kOuter = 2, kChannels = 5, kInner = 700;
  const auto x = random_values(kOuter * kChannels * kInner, 3);
  std::vector<float> labels(size_t(kOuter * kInner));
  std::vector<double> right(kChannels), items(kChannels);
  for (size_t i = 0; i < labels.size(); ++i) {
    const size_t own = i % 4;  // the last class has no items
    labels[i] = float(own);
    const size_t first = i / kInner * kChannels * kInner + i % kInner;
    int rank = 0;
    for (size_t c = 0; c < kChannels; ++c) rank += x[first + c * kInner] >= x[first + own * kInner] ? 1 : 0;
    right[own] += rank <= 2 ? 1 : 0;
    ++items[own];
  }
  TensorPtr score = make_tensor(context.get(), {kOuter, kChannels, kInner}, x);
  TensorPtr label = make_tensor(context.get(), {kOuter, kInner}, labels), shares = make_tensor(context.get(), {kChannels});
  accuracy_forward(score.get(), label.get(), all.get(), shares.get(), kOuter, kChannels, kInner, 2, false, 0);
  double all_right = 0;
  for (size_t c = 0; c < kChannels; ++c) {
    EXPECT_EQ(values_of(shares.get())[c], items[c] == 0 ? 0 : float(right[c] / items[c])) << c;
    all_right += right[c];
  }
  EXPECT_EQ(values_of(all.get())[0], float(all_right / double(labels.size())));
  accuracy_forward(score.get(), label.get(), all.get(), nullptr, kOuter, kChannels, kInner, 5, false, 0);
  EXPECT_EQ(values_of(all.get())[0], 1);
}

TEST_F(Accuracy, RefusesLabelsThatAreNoClass) {
  TensorPtr score = make_tensor(context.get(), {2, 3}, {1, 2, 3, 1, 2, 3});
  for (float bad : {3.0f, -1.0f, 1e30f, NAN}) {
    TensorPtr label = make_tensor(context.get(), {2}, {0, bad});
    EXPECT_NE(error_of([&] { of(score.get(), label.get(), 1); }).find("of item 1 is not a class: there are 3 classes"), std::string::npos) << bad;
    tensor_scale(label.get(), 1);  // only the device has them now
    EXPECT_NE(error_of([&] { of(score.get(), label.get(), 1); }).find("of item 1 is not a class: there are 3 classes"), std::string::npos) << bad;
  }
}

TEST_F(Accuracy, CopiesNothingButLabelsChecks) {
  if (!on_gpu()) GTEST_SKIP() << "the device under test is the CPU";
  TensorPtr score = make_tensor(context.get(), {2, 3}, {1, 2, 3, 1, 2, 3}), label = make_tensor(context.get(), {2}, {2, 0});
  const auto copies = [&](bool to_host) { return context_transfers(context.get(), to_host); };
  accuracy_forward(score.get(), label.get(), all.get(), classes.get(), 2, 3, 1, 1, false, 0);
  EXPECT_EQ(copies(true), 0);
  EXPECT_EQ(copies(false), 2) << "scores and labels";
  tensor_scale(label.get(), 1);  // only the device has them now
  accuracy_forward(score.get(), label.get(), all.get(), classes.get(), 2, 3, 1, 1, true, 9);
  EXPECT_EQ(copies(true), 1) << "whether labels are wrong";
  EXPECT_EQ(copies(false), 2);
}

}  // namespace
}  // namespace caffe4j
