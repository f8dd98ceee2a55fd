#include "caffe4j/softmax_with_loss.h"

#include <cfloat>
#include <cmath>

#include "rows.h"

namespace caffe4j {

namespace {

/** Labels are floats that name classes by their whole part, as in Caffe. */
struct Labels {
  const float* values;
  int64_t classes;
  bool has_ignored;
  int ignored;

  /** The item's class, -1 for an ignored item, -2 for a label that is no class. */
  int64_t operator[](int64_t item) const {
    const float v = values[item];
    if (!(v > -2147483648.0f && v < 2147483648.0f)) return -2;  // also not-a-number
    const int label = int(v);
    if (has_ignored && label == ignored) return -1;
    return label >= 0 && label < classes ? label : -2;
  }
};

void refuse_bad_labels(const Labels& labels, int64_t items) {
  for (int64_t i = 0; i < items; ++i) {
    require(labels[i] != -2, ErrorKind::DATA, "label ", labels.values[i], " of item ", i, " is no class of 0 to ", labels.classes - 1);
  }
}

}  // namespace

double softmax_loss_forward(Tensor* probability, Tensor* label, int64_t outer, int64_t channels, int64_t inner, bool has_ignore_label,
                            int ignore_label) {
  Tensor &p = deref(probability, "probability"), &l = deref(label, "label");
  const Split3 s{outer, channels, inner};
  s.require_count(p, "the probabilities");
  s.require_items(l, "the labels");
  const float* values = p.read();
  const Labels labels{l.read(), channels, has_ignore_label, ignore_label};
  refuse_bad_labels(labels, s.items());
  double loss = 0;
  p.context().enter();
#pragma omp parallel for reduction(+ : loss) schedule(static) if (s.items() >= kSerialBelow)
  for (int64_t i = 0; i < s.items(); ++i) {
    const int64_t c = labels[i];
    if (c >= 0) loss -= std::log(std::max(values[(i / inner * channels + c) * inner + i % inner], FLT_MIN));
  }
  return loss;
}

void softmax_loss_backward(Tensor* probability, Tensor* label, Tensor* bottom_diff, int64_t outer, int64_t channels, int64_t inner,
                           bool has_ignore_label, int ignore_label, float scale) {
  Tensor &p = deref(probability, "probability"), &l = deref(label, "label"), &dx = deref(bottom_diff, "bottom diff");
  const Split3 s{outer, channels, inner};
  s.require_count(p, "the probabilities");
  s.require_count(dx, "the bottom's diff");
  s.require_items(l, "the labels");
  const float* values = p.read();
  const Labels labels{l.read(), channels, has_ignore_label, ignore_label};
  refuse_bad_labels(labels, s.items());
  float* to = dx.overwrite();
  for_tiles(p.context(), s, [=](int64_t first, int64_t width) {
    const int64_t item = first / (channels * inner) * inner + first % inner;
    float factor[kTile];
    for (int64_t i = 0; i < width; ++i) factor[i] = labels[item + i] < 0 ? 0 : scale;
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t at = first + c * inner;
#pragma omp simd
      for (int64_t i = 0; i < width; ++i) to[at + i] = factor[i] * values[at + i];
    }
    for (int64_t i = 0; i < width; ++i) {
      const int64_t c = labels[item + i];
      if (c >= 0) to[first + c * inner + i] -= scale;
    }
  });
}

}  // namespace caffe4j
