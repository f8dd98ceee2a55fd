// Convolution the way Caffe computes it: unroll patches (im2col), multiply matrices, on the CPU one image and one group at a time, on a GPU many
// images.
#include <algorithm>

#include "caffe4j/bias.h"
#include "convolution.h"
#include "gemm.h"
#include "kernels/math.h"
#include "launch.h"

namespace caffe4j {

namespace {

class GemmConvolution final : public ConvolutionEngine {
 public:
  GemmConvolution(Context& context, const ConvolutionGeometry& geometry) : context_(context), g_(geometry) {}

  bool forward(const ConvolutionShape& s, Tensor& bottom, Tensor& weight, Tensor* bias, Tensor& top) override {
    const Sizes z(g_, s);
    const float *x = bottom.device_read(), *w = weight.device_read();
    float* y = top.device_overwrite();
    for_images(s, z, 0, [&](int64_t n, int64_t images) {
      const float* columns = unroll(s, z, x + n * z.image, images, 0);
      for (int64_t g = 0; g < g_.group; ++g) {
        gemm(context_, false, false, z.outputs, z.positions, z.depth, 1, w + g * z.weights, columns + g * z.columns, 0,
             y + n * z.top + g * z.outputs * z.positions, {images, 0, g_.group * z.columns, z.top});
      }
    });
    if (bias != nullptr) add_bias(context_, s.batch, g_.num_output, z.positions, bias->device_read(), y);
    return true;
  }

  bool backward_data(const ConvolutionShape& s, Tensor& top_diff, Tensor& weight, Tensor& bottom_diff) override {
    const Sizes z(g_, s);
    const float *dy = top_diff.device_read(), *w = weight.device_read();
    float* dx = bottom_diff.device_overwrite();
    for_images(s, z, 0, [&](int64_t n, int64_t images) {
      float* columns = g_.window.is_pointwise() ? dx + n * z.image : context_.scratch(images * g_.group * z.columns);
      for (int64_t g = 0; g < g_.group; ++g) {
        gemm(context_, true, false, z.depth, z.positions, z.outputs, 1, w + g * z.weights, dy + n * z.top + g * z.outputs * z.positions, 0,
             columns + g * z.columns, {images, 0, z.top, g_.group * z.columns});
      }
      if (!g_.window.is_pointwise()) col2im(context_, g_.window, images * g_.channels, s.input, columns, dx + n * z.image);
    });
    return true;
  }

  bool backward_weight(const ConvolutionShape& s, Tensor& bottom, Tensor& top_diff, Tensor* weight_diff, Tensor* bias_diff) override {
    const Sizes z(g_, s);
    if (weight_diff != nullptr) {
      const float *x = bottom.device_read(), *dy = top_diff.device_read();
      float keep = weight_diff->is_zero() ? 0 : 1;
      float* dw = keep == 0 ? weight_diff->device_overwrite() : weight_diff->device_update();
      const int64_t own = context_.gpu() == nullptr ? 0 : g_.group * z.weights;  // of an image, where several are multiplied at a time
      for_images(s, z, own, [&](int64_t n, int64_t images) {
        const int64_t parts = images == 1 ? 0 : images * own;
        const float* columns = unroll(s, z, x + n * z.image, images, parts);
        float* sums = parts == 0 ? dw : context_.scratch(parts);
        for (int64_t g = 0; g < g_.group; ++g) {
          gemm(context_, false, true, z.outputs, z.depth, z.positions, 1, dy + n * z.top + g * z.outputs * z.positions, columns + g * z.columns,
               parts == 0 ? keep : 0, sums + g * z.weights, {images, z.top, g_.group * z.columns, own});
        }
        if (parts > 0) launch(context_, own, AddParts{sums, images, own, int64_t(keep), dw});
        keep = 1;
      });
    }
    if (bias_diff != nullptr && context_.gpu() == nullptr && s.batch * z.top <= kSmallProduct) {
      const float* dy = top_diff.read();
      float* db = bias_diff->update();
      for (int64_t n = 0; n < s.batch; ++n) add_sums(context_, /*of_columns=*/false, g_.num_output, z.positions, dy + n * z.top, db);
    } else if (bias_diff != nullptr) {
      bias_backward(&top_diff, bias_diff, z.positions);
    }
    return true;
  }

  std::string implementation() const override { return "im2col"; }

 private:
  /** Element counts: of one image, one top, and of one group's matrices. */
  struct Sizes {
    int64_t positions, depth, outputs, image, top, columns, weights;

    Sizes(const ConvolutionGeometry& g, const ConvolutionShape& s)
        : positions(count_of(s.output)),
          depth(g.channels / g.group * count_of(g.window.kernel)),
          outputs(g.num_output / g.group),
          image(g.channels * count_of(s.input)),
          top(g.num_output * positions),
          columns(depth * positions),
          weights(outputs * depth) {}
  };

  /**
   * Calls f(first, images) for the images of a batch: one at a time as Caffe on the CPU, on a GPU as many as kMostFloats of columns and of
   * `own` floats each allow.
   */
  template <class F>
  void for_images(const ConvolutionShape& s, const Sizes& z, int64_t own, const F& f) const {
    const int64_t floats = own + (g_.window.is_pointwise() ? 0 : g_.group * z.columns);
    const int64_t most = context_.gpu() == nullptr ? 1 : floats == 0 ? s.batch : std::max<int64_t>(1, kMostFloats / floats);
    for (int64_t n = 0; n < s.batch; n += most) f(n, std::min(most, s.batch - n));
  }

  /** The columns of some images, in scratch memory behind `before` other floats. */
  const float* unroll(const ConvolutionShape& s, const Sizes& z, const float* image, int64_t images, int64_t before) {
    if (g_.window.is_pointwise()) return image;
    float* columns = context_.scratch(before + images * g_.group * z.columns) + before;
    im2col(context_, g_.window, images * g_.channels, s.input, image, columns);
    return columns;
  }

  static constexpr int64_t kMostFloats = int64_t(1) << 26;

  Context& context_;
  const ConvolutionGeometry& g_;
};

}  // namespace

std::unique_ptr<ConvolutionEngine> make_gemm_convolution(Context& context, const ConvolutionGeometry& geometry) {
  return std::make_unique<GemmConvolution>(context, geometry);
}

}  // namespace caffe4j
