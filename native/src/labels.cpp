#include "labels.h"

#include <cmath>

#include "caffe4j/labels.h"

namespace caffe4j {

namespace {
/** Up to this many items losses are added in single precision and in order, as Caffe adds them. */
constexpr int64_t kInOrder = 1024;
}  // namespace

int64_t labels_count(Tensor* label, int ignore_label) {
  Tensor& l = deref(label, "label");
  const float ignored = float(ignore_label);
  if (l.is_on_device()) return int64_t(sum_of(l.context(), l.count(), IsCounted{l.device_read(), ignored}));
  return int64_t(parallel_sum(l.context(), l.count(), IsCounted{l.read(), ignored}));
}

void require_classes(Tensor& label, int64_t classes, bool has_ignored, int ignored) {
  const int64_t items = label.count();
  if (label.is_on_device()) {
    const IsNoClass wrong{{label.device_read(), classes, has_ignored, ignored}};
    if (sum_of(label.context(), items, wrong) == 0) return;
  }
  const Labels labels{label.read(), classes, has_ignored, ignored};
  for (int64_t i = 0; i < items; ++i) {
    require(labels[i] != -2, ErrorKind::DATA, "label ", labels.values[i], " of item ", i, " is not a class: there are ", classes,
            " classes, labels go from 0 to ", classes - 1, " (check the data source's labels, num_output, or set ignore_label)");
  }
}

double sum_of_logs(Tensor& probability, Tensor& label, const Split3& s, bool has_ignored, int ignored, float least) {
  s.require_count(probability, "the probabilities");
  s.require_items(label, "the labels");
  const Context& context = probability.context();
  const float* p = probability.device_read();
  const LogLoss loss_of{p, {label.device_read(), s.channels, has_ignored, ignored}, s.inner, least};
  double loss = 0;
  if (context.gpu() == nullptr && s.items() <= kInOrder) {
    float sum = 0;
    for (int64_t i = 0; i < s.items(); ++i) sum += float(loss_of(i));
    loss = double(sum);
  } else {
    loss = sum_of(context, s.items(), loss_of);
  }
  if (std::isinf(loss)) require_classes(label, s.channels, has_ignored, ignored);
  return loss;
}

}  // namespace caffe4j
