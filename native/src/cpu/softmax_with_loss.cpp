#include "caffe4j/softmax_with_loss.h"

#include <cfloat>

#include "kernels/softmax_with_loss.h"
#include "labels.h"

namespace caffe4j {

double softmax_loss_forward(Tensor* probability, Tensor* label, int64_t outer, int64_t channels, int64_t inner, bool has_ignore_label,
                            int ignore_label) {
  const Split3 s{outer, channels, inner};
  return sum_of_logs(deref(probability, "probability"), deref(label, "label"), s, has_ignore_label, ignore_label, FLT_MIN);
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
  require_classes(l, channels, has_ignore_label, ignore_label);
  const Labels labels{l.read(), channels, has_ignore_label, ignore_label};
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
