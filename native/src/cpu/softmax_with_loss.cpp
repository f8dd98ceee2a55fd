#include "caffe4j/softmax_with_loss.h"

#include <cmath>

#include "kernels/labels.h"
#include "rows.h"

namespace caffe4j {

namespace {

/** Up to this many items losses are added in single precision and in order, as Caffe adds them. */
constexpr int64_t kInOrder = 1024;

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
  const float* values = p.device_read();
  const SoftmaxLoss loss_of{values, {l.device_read(), channels, has_ignore_label, ignore_label}, inner};
  double loss = 0;
  if (p.context().gpu() == nullptr && s.items() <= kInOrder) {
    float sum = 0;
    for (int64_t i = 0; i < s.items(); ++i) sum += float(loss_of(i));
    loss = double(sum);
  } else {
    loss = sum_of(p.context(), s.items(), loss_of);
  }
  if (std::isinf(loss)) refuse_bad_labels({l.read(), channels, has_ignore_label, ignore_label}, s.items());
  return loss;
}

void softmax_loss_backward(Tensor* probability, Tensor* label, Tensor* bottom_diff, int64_t outer, int64_t channels, int64_t inner,
                           bool has_ignore_label, int ignore_label, float scale) {
  Tensor &p = deref(probability, "probability"), &l = deref(label, "label"), &dx = deref(bottom_diff, "bottom diff");
  const Split3 s{outer, channels, inner};
  s.require_count(p, "the probabilities");
  s.require_count(dx, "the bottom's diff");
  s.require_items(l, "the labels");
  if (Gpu* gpu = p.context().gpu()) {  // forward has seen the labels
    const float* probability_of = p.device_read();
    const Labels labels{l.device_read(), channels, has_ignore_label, ignore_label};
    const SoftmaxLossBackward kernel{probability_of, labels, inner, scale, dx.device_overwrite()};
    return gpu->launch_channels(typeid(SoftmaxLossBackward), &kernel, outer, channels, inner);
  }
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
      const int64_t c = labels[item + i], at = first + c * inner + i;
      if (c >= 0) to[at] = scale * (values[at] - 1);
    }
  });
}

}  // namespace caffe4j
