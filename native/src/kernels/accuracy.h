#pragma once
#include "kernels/labels.h"

namespace caffe4j {

/** rank = the number of scores that are at least the label's, its own among them; 0 for a label that is no class. */
struct AccuracyRank {
  const float* scores;
  const float* labels;
  float* ranks;
  int64_t channels, inner;
  C4J_KERNEL void operator()(int64_t i) const {
    const float v = labels[i];
    const float* score = scores + i / inner * channels * inner + i % inner;
    int rank = 0;
    if (v > -1 && v < float(channels)) {
      const float own = score[int64_t(v) * inner];
      for (int64_t c = 0; c < channels; ++c) rank += score[c * inner] >= own;
    }
    ranks[i] = float(rank);
  }
};

/** 1 for elements of outer x groups x inner whose item is not ignored and has the group as its label, or any label if there is one group. */
struct AccuracyItem {
  static constexpr int kRounds = 1;  // divisions take many registers
  Labels labels;
  int64_t groups, inner;
  C4J_KERNEL float operator()(int64_t i) const {
    const int64_t label = labels[item_of(i, groups, inner)];
    return label >= 0 && (groups == 1 || label == i / inner % groups) ? 1.0f : 0.0f;
  }
};

/** The same for items that are right. */
struct AccuracyRightItem {
  static constexpr int kRounds = 1;
  AccuracyItem item;
  const float* ranks;
  float top_k;
  C4J_KERNEL float operator()(int64_t i) const { return ranks[item_of(i, item.groups, item.inner)] <= top_k ? item(i) : 0; }
};

/** The share of the right items, 0 where there are none. */
struct AccuracyShare {
  const float* right;
  const float* items;
  float* share;
  C4J_KERNEL void operator()(int64_t i) const { share[i] = items[i] == 0 ? 0 : right[i] / items[i]; }
};

}  // namespace caffe4j
