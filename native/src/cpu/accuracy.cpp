#include "caffe4j/accuracy.h"

#include <limits>

#include "kernels/labels.h"
#include "rows.h"

namespace caffe4j {

namespace {

float rank_in_row(const float* score, int64_t channels, float own) {
  int rank = 0;
#pragma omp simd reduction(+ : rank)
  for (int64_t c = 0; c < channels; ++c) rank += score[c] >= own;
  return float(rank);
}

}  // namespace

void accuracy_rank(Tensor* score, Tensor* label, Tensor* rank, int64_t outer, int64_t channels, int64_t inner) {
  Tensor &x = deref(score, "score"), &l = deref(label, "label"), &r = deref(rank, "rank");
  const Split3 s{outer, channels, inner};
  s.require_count(x, "the scores");
  s.require_items(l, "the labels");
  s.require_items(r, "the ranks");
  if (x.context().gpu() != nullptr) {
    const float *scores = x.device_read(), *labels = l.device_read();
    return launch(x.context(), s.items(), AccuracyRank{scores, labels, r.device_overwrite(), channels, inner});
  }
  const float *scores = x.read(), *labels = l.read();
  float* ranks = r.overwrite();
  for_tiles(x.context(), s, [=](int64_t first, int64_t width) {
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

}  // namespace caffe4j
