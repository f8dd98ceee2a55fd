#include "im2col.h"

#include <algorithm>

#include "caffe4j/convolution.h"
#include "error.h"
#include "kernels/im2col.h"
#include "launch.h"

namespace caffe4j {

Window Window::of(const int64_t* kernel, const int64_t* stride, const int64_t* pad, const int64_t* dilation, int axes) {
  require(axes >= 0 && (axes == 0 || (kernel && stride && pad && dilation)), ErrorKind::INVALID, "a window's arrays must not be null");
  Window w{Dims(kernel, kernel + axes), Dims(stride, stride + axes), Dims(pad, pad + axes), Dims(dilation, dilation + axes)};
  for (size_t i = 0; i < w.axes(); ++i) {
    require(w.kernel[i] > 0, ErrorKind::INVALID, "Filter dimensions must be nonzero.");
    require(w.stride[i] > 0, ErrorKind::INVALID, "Stride dimensions must be nonzero.");
    require(w.dilation[i] > 0, ErrorKind::INVALID, "Dilation must be positive.");
    require(w.pad[i] >= 0, ErrorKind::INVALID, "Padding must not be negative.");
  }
  return w;
}

Dims Window::output(const Dims& input) const {
  require(input.size() == axes(), ErrorKind::SHAPE, "expected ", axes(), " spatial axes, got ", input.size());
  Dims out(axes());
  for (size_t i = 0; i < axes(); ++i) {
    const int64_t extent = dilation[i] * (kernel[i] - 1) + 1;
    const int64_t room = input[i] + 2 * pad[i] - extent;
    require(room >= 0, ErrorKind::SHAPE, "a kernel that covers ", extent, " values does not fit an input of ", input[i], " padded by ",
            pad[i]);
    out[i] = room / stride[i] + 1;
  }
  return out;
}

Dims Window::strides_over(const Dims& input) const {
  require(input.size() == axes(), ErrorKind::SHAPE, "expected ", axes(), " spatial axes, got ", input.size());
  Dims strides = stride;
  for (size_t i = 0; i < axes(); ++i) {
    strides[i] = std::min(stride[i], std::max<int64_t>(0, input[i] + 2 * pad[i] - dilation[i] * (kernel[i] - 1) - 1) + 1);
  }
  return strides;
}

bool Window::has_ordinary_padding(const Dims& input) const {
  require(input.size() == axes(), ErrorKind::SHAPE, "expected ", axes(), " spatial axes, got ", input.size());
  for (size_t i = 0; i < axes(); ++i) {
    if (pad[i] > input[i] + dilation[i] * (kernel[i] - 1) + 1) return false;
  }
  return true;
}

bool Window::is_dilated_into_padding() const {
  for (size_t i = 0; i < axes(); ++i) {
    if (dilation[i] > 1 && pad[i] >= dilation[i] * (kernel[i] - 1) + 1) return true;
  }
  return false;
}

bool Window::is_pointwise() const {
  for (size_t i = 0; i < axes(); ++i) {
    if (kernel[i] != 1 || stride[i] != 1 || pad[i] != 0) return false;
  }
  return true;
}

namespace {

/**
 * Walks the rows (runs along the last axis) that one kernel point touches in one plane. Calls row(input row, output row) with the
 * flat indices of the rows' starts, or with input row -1 where the kernel point lies in the padding.
 */
template <class Row>
void for_rows(const Window& w, const Dims& input, const Dims& output, const Dims& offset, const Row& row) {
  const size_t outer = w.axes() - 1;
  int64_t rows = 1;
  for (size_t i = 0; i < outer; ++i) rows *= output[i];
  Dims position(outer, 0);
  for (int64_t r = 0; r < rows; ++r) {
    int64_t from = 0;
    bool inside = true;
    for (size_t i = 0; i < outer; ++i) {
      const int64_t x = position[i] * w.stride[i] - w.pad[i] + offset[i] * w.dilation[i];
      inside = inside && x >= 0 && x < input[i];
      from = from * input[i] + x;
    }
    row(inside ? from * input[outer] : -1, r * output[outer]);
    for (size_t i = outer; i-- > 0;) {
      if (++position[i] < output[i]) break;
      position[i] = 0;
    }
  }
}

/** First and one-past-last output position along an axis whose input position is inside, for one kernel offset. */
void inside_range(int64_t shift, int64_t stride, int64_t in, int64_t out, int64_t* begin, int64_t* end) {
  *begin = std::min(out, shift >= 0 ? 0 : (-shift + stride - 1) / stride);
  *end = shift >= in ? *begin : std::max(*begin, std::min(out, (in - 1 - shift) / stride + 1));
}

/** One point of a kernel: its offset on every axis, and the outputs along the last axis for which its input is inside. */
struct KernelPoint {
  Dims offset;
  int64_t shift, begin, end;

  /** @param k flat index of the point in the kernel */
  KernelPoint(const Window& w, const Dims& input, const Dims& output, int64_t k) : offset(w.axes()) {
    for (size_t i = w.axes(); i-- > 0; k /= w.kernel[i]) offset[i] = k % w.kernel[i];
    const size_t last = w.axes() - 1;
    shift = offset[last] * w.dilation[last] - w.pad[last];
    inside_range(shift, w.stride[last], input[last], output[last], &begin, &end);
  }
};

/** The window as kernels take it. */
WindowShape shape_of(const Window& w, const Dims& input, const Dims& output) {
  require(w.axes() <= size_t(WindowShape::kMaxAxes), ErrorKind::UNSUPPORTED, "a GPU convolves over at most ", int(WindowShape::kMaxAxes),
          " spatial axes, got ", w.axes());
  WindowShape s{int(w.axes()), count_of(w.kernel), count_of(input), count_of(output), {}, {}, {}, {}, {}, {}};
  std::copy(w.kernel.begin(), w.kernel.end(), s.kernel);
  std::copy(w.stride.begin(), w.stride.end(), s.stride);
  std::copy(w.pad.begin(), w.pad.end(), s.pad);
  std::copy(w.dilation.begin(), w.dilation.end(), s.dilation);
  std::copy(input.begin(), input.end(), s.input);
  std::copy(output.begin(), output.end(), s.output);
  return s;
}

/** True for two axes over numbers of elements and positions that 32 bits hold. */
bool is_planes(const WindowShape& s, int64_t channels) {
  if (s.axes != 2 || channels * std::max(s.points * s.positions, s.plane) >= Divisor::kMost) return false;
  for (int a = 0; a < 2; ++a) {
    if (std::max({s.stride[a], s.pad[a], s.kernel[a] * s.dilation[a], s.input[a]}) >= Divisor::kMost / 8) return false;
  }
  return true;
}

void im2col_on_gpu(const Context& context, const WindowShape& s, int64_t channels, const float* image, float* columns) {
  const int64_t n = channels * s.points * s.positions;
  if (is_planes(s, channels)) return launch(context, n, PlaneIm2col(s, image, columns));
  launch(context, n, Im2col{s, image, columns});
}

void col2im_on_gpu(const Context& context, const WindowShape& s, int64_t channels, const float* columns, float* image) {
  if (is_planes(s, channels)) return launch(context, channels * s.plane, PlaneCol2im(s, columns, image));
  launch(context, channels * s.plane, Col2im{s, columns, image});
}

}  // namespace

void im2col(const Context& context, const Window& window, int64_t channels, const Dims& input, const float* image, float* columns) {
  const Dims output = window.output(input);
  const int64_t points = count_of(window.kernel), plane = count_of(input), positions = count_of(output);
  if (window.axes() == 0) return copy_values(context, image, columns, channels);
  if (context.gpu() != nullptr) return im2col_on_gpu(context, shape_of(window, input, output), channels, image, columns);
  const int64_t width = output.back(), stride = window.stride.back();
  context.enter();
#pragma omp parallel for schedule(static) if (channels * points * positions >= kSerialBelow)
  for (int64_t ck = 0; ck < channels * points; ++ck) {
    const KernelPoint point(window, input, output, ck % points);
    const float* from = image + ck / points * plane;
    float* to = columns + ck * positions;
    for_rows(window, input, output, point.offset, [&](int64_t in_row, int64_t out_row) {
      float* row = to + out_row;
      if (in_row < 0) {
        std::fill(row, row + width, 0.f);
        return;
      }
      std::fill(row, row + point.begin, 0.f);
      std::fill(row + point.end, row + width, 0.f);
      const float* source = from + in_row + point.shift;
      if (stride == 1) {
        std::copy(source + point.begin, source + point.end, row + point.begin);
      } else {
        for (int64_t x = point.begin; x < point.end; ++x) row[x] = source[x * stride];
      }
    });
  }
}

void col2im(const Context& context, const Window& window, int64_t channels, const Dims& input, const float* columns, float* image) {
  const Dims output = window.output(input);
  const int64_t points = count_of(window.kernel), plane = count_of(input), positions = count_of(output);
  if (window.axes() == 0) return copy_values(context, columns, image, channels);
  if (context.gpu() != nullptr) return col2im_on_gpu(context, shape_of(window, input, output), channels, columns, image);
  const int64_t stride = window.stride.back();
  context.enter();
#pragma omp parallel for schedule(static) if (channels * points * positions >= kSerialBelow)
  for (int64_t c = 0; c < channels; ++c) {
    float* to = image + c * plane;
    std::fill(to, to + plane, 0.f);
    for (int64_t k = 0; k < points; ++k) {
      const KernelPoint point(window, input, output, k);
      const float* from = columns + (c * points + k) * positions;
      for_rows(window, input, output, point.offset, [&](int64_t in_row, int64_t out_row) {
        if (in_row < 0) return;
        const float* row = from + out_row;
        float* target = to + in_row + point.shift;
        for (int64_t x = point.begin; x < point.end; ++x) target[x * stride] += row[x];
      });
    }
  }
}

namespace {

/** What im2col's forward and backward share: the batch, the channels and the planes of the unrolled blob. */
struct Unrolling {
  Window window;
  Dims input;
  int64_t batch, channels, image_size, columns_size;

  Unrolling(const Tensor& image, const Tensor& columns, Window w) : window(std::move(w)) {
    const size_t axes = window.axes(), all = image.dims().size();
    require(all > axes, ErrorKind::SHAPE, "im2col needs a channel axis in front of ", axes, " spatial axes, got shape ",
            shape_string(image.dims()));
    input.assign(image.dims().end() - std::ptrdiff_t(axes), image.dims().end());
    channels = image.dims()[all - axes - 1];
    batch = count_of(image.dims(), 0, all - axes - 1);
    image_size = channels * count_of(input);
    columns_size = channels * count_of(window.kernel) * count_of(window.output(input));
    require(columns.count() == batch * columns_size, ErrorKind::SHAPE, "im2col's unrolled blob must have ", batch * columns_size,
            " elements, got shape ", shape_string(columns.dims()));
  }
};

}  // namespace

void im2col_forward(Tensor* bottom, Tensor* top, const int64_t* kernel, const int64_t* stride, const int64_t* pad, const int64_t* dilation,
                    int axes) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& y = deref(top, "top");
  const Unrolling u(x, y, Window::of(kernel, stride, pad, dilation, axes));
  const float* from = x.device_read();
  float* to = y.device_overwrite();
  for (int64_t n = 0; n < u.batch; ++n) {
    im2col(x.context(), u.window, u.channels, u.input, from + n * u.image_size, to + n * u.columns_size);
  }
}

void im2col_backward(Tensor* top_diff, Tensor* bottom_diff, const int64_t* kernel, const int64_t* stride, const int64_t* pad,
                     const int64_t* dilation, int axes) {
  Tensor& dy = deref(top_diff, "top diff");
  Tensor& dx = deref(bottom_diff, "bottom diff");
  const Unrolling u(dx, dy, Window::of(kernel, stride, pad, dilation, axes));
  const float* from = dy.device_read();
  float* to = dx.device_overwrite();
  for (int64_t n = 0; n < u.batch; ++n) {
    col2im(dx.context(), u.window, u.channels, u.input, from + n * u.columns_size, to + n * u.image_size);
  }
}

}  // namespace caffe4j
