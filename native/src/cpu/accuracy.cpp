#include "caffe4j/accuracy.h"

#include <limits>
#include <vector>

#include "kernels/accuracy.h"
#include "labels.h"

namespace caffe4j {

namespace {

float rank_in_row(const float* score, int64_t channels, float own) {
  int rank = 0;
#pragma omp simd reduction(+ : rank)
  for (int64_t c = 0; c < channels; ++c) rank += score[c] >= own;
  return float(rank);
}

/** What AccuracyRank computes, with the items of a tile beside one another. */
void rank_items(const Context& context, const Split3& s, const float* scores, const float* labels, float* ranks) {
  const int64_t channels = s.channels, inner = s.inner;
  for_tiles(context, s, [=](int64_t first, int64_t width) {
    const int64_t item = first / (channels * inner) * inner + first % inner;
    float own[kTile];
    for (int64_t i = 0; i < width; ++i) {
      const float v = labels[item + i];
      const bool known = v > -1 && v < float(channels);
      own[i] = known ? scores[first + int64_t(v) * inner + i] : std::numeric_limits<float>::quiet_NaN();  // nothing compares with it
      ranks[item + i] = 0;
    }
    if (inner == 1) {
      ranks[item] = rank_in_row(scores + first, channels, own[0]);
      return;
    }
    for (int64_t c = 0; c < channels; ++c) {
      const float* from = scores + first + c * inner;
#pragma omp simd
      for (int64_t i = 0; i < width; ++i) ranks[item + i] += from[i] >= own[i] ? 1 : 0;
    }
  });
}

/** The share of right items in each of so many groups, which `sums` has two floats for. */
void share_on_gpu(const Context& context, const AccuracyRightItem& right, int64_t outer, float* sums, float* share) {
  Gpu& gpu = *context.gpu();
  const AccuracyItem& item = right.item;
  float* items = sums + item.groups;
  gpu.clear(sums, size_t(2 * item.groups) * sizeof(float));
  gpu.add_channel_sums(typeid(right), &right, outer, item.groups, item.inner, sums);
  gpu.add_channel_sums(typeid(item), &item, outer, item.groups, item.inner, items);
  launch(context, item.groups, AccuracyShare{sums, items, share});
}

float share_of(int64_t part, int64_t whole) { return whole == 0 ? 0 : float(double(part) / double(whole)); }

}  // namespace

void accuracy_forward(Tensor* score, Tensor* label, Tensor* accuracy, Tensor* class_accuracy, int64_t outer, int64_t channels, int64_t inner,
                      int64_t top_k, bool has_ignore_label, int ignore_label) {
  Tensor &x = deref(score, "score"), &l = deref(label, "label"), &all = deref(accuracy, "accuracy");
  const Split3 s{outer, channels, inner};
  s.require_count(x, "the scores");
  s.require_items(l, "the labels");
  require(all.count() == 1, ErrorKind::SHAPE, "the accuracy is one number, not ", all.count());
  require(class_accuracy == nullptr || class_accuracy->count() == channels, ErrorKind::SHAPE, "expected room for ", channels, " classes");
  require_classes(l, channels, has_ignore_label, ignore_label);
  Context& context = x.context();
  if (context.gpu() != nullptr) {
    const float *scores = x.device_read(), *labels = l.device_read();
    float *ranks = context.scratch(s.items() + 2 * channels), *sums = ranks + s.items();
    launch(context, s.items(), AccuracyRank{scores, labels, ranks, channels, inner});
    const Labels rule{labels, channels, has_ignore_label, ignore_label};
    share_on_gpu(context, {{rule, 1, inner}, ranks, float(top_k)}, outer, sums, all.device_overwrite());
    if (class_accuracy != nullptr) share_on_gpu(context, {{rule, channels, inner}, ranks, float(top_k)}, outer, sums, class_accuracy->device_overwrite());
    return;
  }
  const Labels labels{l.read(), channels, has_ignore_label, ignore_label};
  float* ranks = context.host_scratch(s.items());
  rank_items(context, s, x.read(), labels.values, ranks);
  std::vector<int64_t> right(size_t(channels), 0), items(size_t(channels), 0);
  int64_t all_right = 0, all_items = 0;
  for (int64_t i = 0; i < s.items(); ++i) {
    const int64_t c = labels[i];
    if (c < 0) continue;
    const int is_right = ranks[i] <= float(top_k) ? 1 : 0;
    ++items[size_t(c)];
    right[size_t(c)] += is_right;
    ++all_items;
    all_right += is_right;
  }
  *all.overwrite() = share_of(all_right, all_items);
  if (class_accuracy == nullptr) return;
  float* shares = class_accuracy->overwrite();
  for (size_t c = 0; c < right.size(); ++c) shares[c] = share_of(right[c], items[c]);
}

}  // namespace caffe4j
