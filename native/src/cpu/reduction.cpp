#include "caffe4j/reduction.h"

#include <algorithm>

#include "channels.h"
#include "error.h"
#include "kernels/math.h"
#include "kernels/reduction.h"
#include "launch.h"

namespace caffe4j {

namespace {
/** Elements of bottom for one of top. */
int64_t part_size(const Tensor& bottom, const Tensor& top) {
  require(top.count() > 0 ? bottom.count() % top.count() == 0 : bottom.count() == 0, ErrorKind::SHAPE, "a blob of shape ",
          shape_string(bottom.dims()), " cannot be reduced to one of shape ", shape_string(top.dims()));
  return top.count() > 0 ? bottom.count() / top.count() : 0;
}

template <class F>
double reduced(const float* x, int64_t n, const F& f) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) sum += double(f(x[i]));
  return sum;
}

template <class F>
void forward(Tensor& x, Tensor& y, float coeff, const F& f) {
  const int64_t parts = y.count(), size = part_size(x, y);
  if (x.context().gpu() != nullptr) {
    const float* values = x.device_read();
    float* sums = y.device_overwrite();
    launch(x.context(), parts, Fill{sums, 0});
    add_channel_sums(x.context(), {1, parts, size, parts, 1, x.plain_layout()}, sums, ReductionTerm<F>{values});
    return launch(x.context(), parts, ScaleBy{sums, coeff});
  }
  const float* from = x.read();
  float* to = y.overwrite();
  x.context().enter();
  if (parts >= x.context().threads()) {
#pragma omp parallel for schedule(static) if (x.count() >= kSerialBelow)
    for (int64_t p = 0; p < parts; ++p) to[p] = float(coeff * reduced(from + p * size, size, f));
    return;
  }
  for (int64_t p = 0; p < parts; ++p) {
    constexpr int64_t kPiece = 4096;
    const int64_t pieces = (size + kPiece - 1) / kPiece;
    const float* part = from + p * size;
    double sum = 0;
#pragma omp parallel for schedule(static) reduction(+ : sum) if (size >= kSerialBelow)
    for (int64_t k = 0; k < pieces; ++k) sum += reduced(part + k * kPiece, std::min(kPiece, size - k * kPiece), f);
    to[p] = float(coeff * sum);
  }
}

template <class F>
void backward(Tensor& x, Tensor& dy, Tensor& dx, float coeff) {
  const ChannelView view = channel_view(x, dy.count(), part_size(x, dy));
  const ChannelValues gradients(&dy, view);
  const float* values = F::kReadsX ? values_as(x, view.layout) : nullptr;
  launch_channels(x.context(), view, ReductionBackward<F>{values, gradients.data(), overwrite_values_as(dx, view.layout), coeff});
}
}  // namespace

void reduction_forward(int operation, Tensor* bottom, Tensor* top, float coeff) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& y = deref(top, "top");
  switch (operation) {
    case REDUCTION_SUM: return forward(x, y, coeff, ReduceSum{});
    case REDUCTION_ASUM: return forward(x, y, coeff, ReduceAsum{});
    case REDUCTION_SUMSQ: return forward(x, y, coeff, ReduceSumsq{});
    default: fail(ErrorKind::INVALID, "there is no reduction ", operation);
  }
}

void reduction_backward(int operation, Tensor* bottom, Tensor* top_diff, Tensor* bottom_diff, float coeff) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& dy = deref(top_diff, "top diff");
  Tensor& dx = deref(bottom_diff, "bottom diff");
  require_same_shape(x, dx, "a Reduction layer's bottom and its diff");
  switch (operation) {
    case REDUCTION_SUM: return backward<ReduceSum>(x, dy, dx, coeff);
    case REDUCTION_ASUM: return backward<ReduceAsum>(x, dy, dx, coeff);
    case REDUCTION_SUMSQ: return backward<ReduceSumsq>(x, dy, dx, coeff);
    default: fail(ErrorKind::INVALID, "there is no reduction ", operation);
  }
}

}  // namespace caffe4j
