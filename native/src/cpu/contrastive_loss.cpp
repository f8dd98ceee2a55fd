#include "caffe4j/contrastive_loss.h"

#include "error.h"
#include "kernels/contrastive_loss.h"
#include "launch.h"

namespace caffe4j {

namespace {

/** The length of a row. */
int64_t row_size(const Tensor& a, const Tensor& b, const Tensor& similar, const Tensor& squared) {
  require_same_count(a, b, "the two bottoms of a ContrastiveLoss layer");
  require_same_count(similar, squared, "the similarities and the distances");
  const int64_t pairs = similar.count();
  require(pairs > 0 ? a.count() % pairs == 0 : a.count() == 0, ErrorKind::SHAPE, "a blob of shape ", shape_string(a.dims()), " has not ", pairs,
          " rows");
  return pairs > 0 ? a.count() / pairs : 0;
}

}  // namespace

double contrastive_loss_forward(Tensor* a, Tensor* b, Tensor* similar, Tensor* squared_distance, float margin, bool legacy) {
  Tensor &x = deref(a, "a"), &y = deref(b, "b"), &s = deref(similar, "similarity"), &d = deref(squared_distance, "squared distance");
  const int64_t size = row_size(x, y, s, d);
  const float *from = x.device_read(), *other = y.device_read(), *together = s.device_read();
  return sum_of(x.context(), s.count(), ContrastiveLoss{from, other, together, d.device_overwrite(), size, margin, legacy});
}

void contrastive_loss_backward(Tensor* a, Tensor* b, Tensor* similar, Tensor* squared_distance, Tensor* diff, float margin, bool legacy,
                               float scale) {
  Tensor &x = deref(a, "a"), &y = deref(b, "b"), &s = deref(similar, "similarity"), &d = deref(squared_distance, "squared distance");
  Tensor& dx = deref(diff, "diff");
  const int64_t size = row_size(x, y, s, d);
  require_same_count(x, dx, "a ContrastiveLoss layer's bottom and its diff");
  const float *from = x.device_read(), *other = y.device_read(), *together = s.device_read(), *squared = d.device_read();
  launch(x.context(), x.count(), ContrastiveLossBackward{from, other, together, squared, dx.device_overwrite(), size, margin, scale, legacy});
}

}  // namespace caffe4j
