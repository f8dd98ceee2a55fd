#include "caffe4j/reduction.h"

#include <algorithm>

#include "channels.h"
#include "error.h"
#include "kernels/math.h"
#include "kernels/reduction.h"
#include "launch.h"
#include "reduction.h"

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
void reduce(const Context& context, const float* x, int64_t parts, int64_t size, float* y, float coeff, const F& f) {
  context.enter();
  if (parts >= context.threads()) {
#pragma omp parallel for schedule(static) if (parts * size >= kSerialBelow)
    for (int64_t p = 0; p < parts; ++p) y[p] = float(coeff * reduced(x + p * size, size, f));
    return;
  }
  for (int64_t p = 0; p < parts; ++p) {
    constexpr int64_t kPiece = 4096;
    const int64_t pieces = (size + kPiece - 1) / kPiece;
    const float* part = x + p * size;
    double sum = 0;
#pragma omp parallel for schedule(static) reduction(+ : sum) if (size >= kSerialBelow)
    for (int64_t k = 0; k < pieces; ++k) sum += reduced(part + k * kPiece, std::min(kPiece, size - k * kPiece), f);
    y[p] = float(coeff * sum);
  }
}

/** Channels side by side, up to so many of which are summed at a time. */
constexpr int64_t kLanes = 16;

template <class F>
void reduce_channels(const Context& context, const ChannelLayout& s, const float* x, float* y, float coeff, const F& f) {
  const int64_t pieces = (s.channels + kLanes - 1) / kLanes;
  context.enter();
#pragma omp parallel for schedule(static) if (s.batch * s.channels * s.pixels >= kSerialBelow)
  for (int64_t p = 0; p < s.batch * pieces; ++p) {
    const int64_t image = p / pieces, first = p % pieces * kLanes, lanes = std::min(kLanes, s.channels - first);
    const float* from = x + s.at(image, 0) + first / s.block * s.block_stride + first % s.block;
    double sum[kLanes] = {};
    for (int64_t pixel = 0; pixel < s.pixels; ++pixel) {
#pragma omp simd
      for (int64_t c = 0; c < lanes; ++c) sum[c] += double(f(from[pixel * s.pixel_stride + c]));
    }
    for (int64_t c = 0; c < lanes; ++c) y[image * s.channels + first + c] = float(coeff * sum[c]);
  }
}

/** Calls f with what one element adds to a reduction. */
template <class F>
void with_term(int operation, const F& f) {
  switch (operation) {
    case REDUCTION_SUM: return f(ReduceSum{});
    case REDUCTION_ASUM: return f(ReduceAsum{});
    case REDUCTION_SUMSQ: return f(ReduceSumsq{});
    default: fail(ErrorKind::INVALID, "there is no reduction ", operation);
  }
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
  reduce(x.context(), from, parts, size, y.overwrite(), coeff, f);
}

template <class F>
void backward(Tensor& x, Tensor& dy, Tensor& dx, float coeff) {
  const ChannelView view = channel_view(x, dy.count(), part_size(x, dy));
  const ChannelValues gradients(&dy, view);
  const float* values = F::kReadsX ? values_as(x, view.layout) : nullptr;
  launch_channels(x.context(), view, ReductionBackward<F>{values, gradients.data(), overwrite_values_as(dx, view.layout), coeff});
}
}  // namespace

void reduce_parts(const Context& context, int operation, const float* x, int64_t parts, int64_t size, float* y, float coeff) {
  with_term(operation, [&](const auto& term) { reduce(context, x, parts, size, y, coeff, term); });
}

void reduce_channels(const Context& context, int operation, const ChannelLayout& layout, const float* x, float* y, float coeff) {
  with_term(operation, [&](const auto& term) { reduce_channels(context, layout, x, y, coeff, term); });
}

void reduction_forward(int operation, Tensor* bottom, Tensor* top, float coeff) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& y = deref(top, "top");
  with_term(operation, [&](const auto& term) { forward(x, y, coeff, term); });
}

void reduction_backward(int operation, Tensor* bottom, Tensor* top_diff, Tensor* bottom_diff, float coeff) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& dy = deref(top_diff, "top diff");
  Tensor& dx = deref(bottom_diff, "bottom diff");
  require_same_shape(x, dx, "a Reduction layer's bottom and its diff");
  with_term(operation, [&](const auto& term) { backward<std::decay_t<decltype(term)>>(x, dy, dx, coeff); });
}

}  // namespace caffe4j
