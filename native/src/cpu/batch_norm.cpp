#include "caffe4j/batch_norm.h"

#include "channels.h"
#include "cpu/batch_norm_affine.h"
#include "error.h"
#include "kernels/batch_norm.h"
#include "launch.h"
#include "operand.h"
#include "packed_weights.h"
#include "recent.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;

class BatchNorm {
 public:
  explicit BatchNorm(Context& context) : context_(context), kept_(context) {}

  void forward(Tensor& x, Tensor& y, Tensor& mean, Tensor& variance, float eps, bool given) {
    const Dims dims = dims_for(x);
    check(x, y, mean, variance, dims[1]);
    in_place_ = false;
    input_version_ = 0;
    if (x.count() == 0) return;
    if (context_.gpu() != nullptr) {
      return given ? normalize(x, y, mean, variance, eps) : forward_kernels(x, y, mean, variance, {eps, nullptr, nullptr, false});
    }
    context_.enter();
    Operand src(given ? x : remember(x, y), dims), dst(y, dims);
    Plan& plan = plans_.get({src.layout(), given, eps}, [&] { return make_plan(src.layout(), dims, given, eps); });
    std::unordered_map<int, dnnl::memory> args{{DNNL_ARG_SRC, src.read(plan.layout)}, {DNNL_ARG_DST, dst.overwrite(plan.layout)}};
    add_statistics(args, mean, variance, !given);
    context_.execute(plan.forward, args);
    dst.finish();
  }

  void backward(Tensor& x, Tensor& dy, Tensor& dx, Tensor& mean, Tensor& variance, float eps, bool given) {
    const Dims dims = dims_for(x);
    check(dy, dx, mean, variance, dims[1]);
    require(dy.dims() == x.dims(), ErrorKind::SHAPE, "batch normalization's bottom has shape ", shape_string(x.dims()), ", its top's diff ",
            shape_string(dy.dims()));
    if (x.count() == 0) return;
    if (context_.gpu() != nullptr) {
      if (given) return divide(dy, dx, variance, eps);
      return backward_kernels(remembered(x), dy, dx, mean, variance, {eps, nullptr, nullptr, false}, nullptr, nullptr);
    }
    context_.enter();
    Operand src(given ? x : remembered(x), dims), diff_dst(dy, dims), diff_src(dx, dims);
    const Desc present = given ? diff_dst.layout() : src.layout();
    Plan& plan = plans_.get({present, given, eps}, [&] { return make_plan(present, dims, given, eps); });
    const dnnl::memory gradient = diff_dst.read(plan.layout);
    // Over given statistics the gradient does not depend on the input; any memory of its layout will do.
    const dnnl::memory input = given ? gradient : src.read(plan.layout);
    std::unordered_map<int, dnnl::memory> args{
        {DNNL_ARG_SRC, input}, {DNNL_ARG_DIFF_DST, gradient}, {DNNL_ARG_DIFF_SRC, diff_src.overwrite(plan.layout)}};
    add_statistics(args, mean, variance, false);
    context_.execute(plan.backward, args);
    diff_src.finish();
  }

  bool forward_affine(Tensor& x, Tensor& y, Tensor& mean, Tensor& variance, float eps, Tensor& scale, Tensor* bias, bool relu) {
    check(x, y, mean, variance, dims_for(x)[1]);
    const ChannelView view = view_of(x);
    if (context_.gpu() != nullptr) {
      check_affine(mean, scale, bias);
      forward_kernels(x, y, mean, variance, {eps, &scale, bias, relu});
      return true;
    }
    if (!blocked_affine_suits(view)) return false;
    float *means = mean.overwrite(), *variances = variance.overwrite();
    const NormalizedAffine affine = affine_of(mean, variance, eps, scale, bias, relu);
    const float* from = values_as(remember(x, y), view.layout);
    blocked_affine_forward(context_, view, from, affine, means, variances, overwrite_values_as(y, view.layout));
    return true;
  }

  bool backward_affine(Tensor& x, Tensor& dy, Tensor& dx, Tensor& mean, Tensor& variance, float eps, Tensor& scale, Tensor* bias, bool relu,
                       Tensor* scale_diff, Tensor* bias_diff) {
    check(dy, dx, mean, variance, dims_for(x)[1]);
    Tensor& input = remembered(x);
    require_same_shape(input, dy, "batch normalization's bottom and its top's diff");
    const ChannelView view = view_of(input);
    for (Tensor* diff : {scale_diff, bias_diff}) {
      require(diff == nullptr || diff->count() == view.channels, ErrorKind::SHAPE, "a gradient by scale or bias needs ", view.channels, " values");
    }
    if (context_.gpu() != nullptr) {
      check_affine(mean, scale, bias);
      backward_kernels(input, dy, dx, mean, variance, {eps, &scale, bias, relu}, scale_diff, bias_diff);
      return true;
    }
    if (!blocked_affine_suits(view)) return false;
    const NormalizedAffine affine = affine_of(mean, variance, eps, scale, bias, relu);
    const float *values = values_as(input, view.layout), *from = values_as(dy, view.layout);
    blocked_affine_backward(context_, view, values, from, affine, overwrite_values_as(dx, view.layout),
                            scale_diff == nullptr ? nullptr : scale_diff->update(), bias_diff == nullptr ? nullptr : bias_diff->update());
    return true;
  }

  void normalized(Tensor& x, Tensor& mean, Tensor& variance, float eps, Tensor& y) {
    const bool in_place = in_place_;
    const uint64_t version = input_version_;
    forward(remembered(x), y, mean, variance, eps, true);  // which forgets them
    in_place_ = in_place;
    input_version_ = version;
  }

 private:
  struct Plan {
    Desc layout;  // of input, output and their gradients
    dnnl::batch_normalization_forward forward;
    dnnl::batch_normalization_backward backward;
  };

  struct Key {
    Desc layout;
    bool given;
    float eps;
    bool operator==(const Key& o) const { return given == o.given && eps == o.eps && layout == o.layout; }
  };

  /** What oneDNN sees: up to three axes behind the channels, more are joined. */
  static Dims dims_for(const Tensor& x) {
    const Dims& dims = x.dims();
    require(dims.size() >= 2, ErrorKind::SHAPE, "batch normalization needs an axis of channels behind the first, got shape ", shape_string(dims));
    return dims.size() <= 5 ? dims : Dims{dims[0], dims[1], count_of(dims, 2, dims.size())};
  }

  static void check(const Tensor& from, const Tensor& to, const Tensor& mean, const Tensor& variance, int64_t channels) {
    require(from.dims() == to.dims(), ErrorKind::SHAPE, "batch normalization keeps the shape, got ", shape_string(from.dims()), " and ",
            shape_string(to.dims()));
    require(mean.count() == channels && variance.count() == channels, ErrorKind::SHAPE, "there are ", channels, " channels, but ", mean.count(),
            " means and ", variance.count(), " variances");
  }

  Plan make_plan(const Desc& present, const Dims& dims, bool given, float eps) const {
    const Desc plain = row_major(dims);
    const auto flags = given ? dnnl::normalization_flags::use_global_stats : dnnl::normalization_flags::none;
    for (const Desc& layout : {present, plain}) {
      try {
        const dnnl::batch_normalization_forward::primitive_desc forward(context_.engine(), dnnl::prop_kind::forward_training, layout, layout, eps,
                                                                        flags);
        const dnnl::batch_normalization_backward::primitive_desc backward(context_.engine(), dnnl::prop_kind::backward_data, layout, layout,
                                                                          layout, eps, flags, forward);
        const bool reference = is_reference(forward.impl_info_str()) || is_reference(backward.impl_info_str());
        if (reference && layout != plain) continue;
        return {layout, dnnl::batch_normalization_forward(forward), dnnl::batch_normalization_backward(backward)};
      } catch (const dnnl::error&) {
        continue;  // not in this layout
      }
    }
    fail(ErrorKind::INTERNAL, "oneDNN has no batch normalization for shape ", shape_string(dims));
  }

  /**
   * The input, which backward reads too: in place it moves here, and the output goes to memory that was here before. Of an input that stays where
   * it is the version is noted.
   */
  Tensor& remember(Tensor& x, Tensor& y) {
    in_place_ = x.shares_with(y);
    if (!in_place_) {
      kept_.release();
      input_version_ = x.version();
      return x;
    }
    kept_.reshape(x.dims());
    kept_.swap(x);
    return kept_;
  }

  void add_statistics(std::unordered_map<int, dnnl::memory>& args, Tensor& mean, Tensor& variance, bool computed) const {
    const Desc desc = row_major({mean.count()});
    const auto values = [&](Tensor& t) { return computed ? t.overwrite() : const_cast<float*>(t.read()); };
    args.emplace(DNNL_ARG_MEAN, dnnl::memory(desc, context_.engine(), values(mean)));
    args.emplace(DNNL_ARG_VARIANCE, dnnl::memory(desc, context_.engine(), values(variance)));
  }

  /** The input of the last forward over the batch's own statistics, whose bottom was x. */
  Tensor& remembered(Tensor& x) {
    require(in_place_ || (input_version_ != 0 && input_version_ == x.version()), ErrorKind::INVALID,
            "the values of batch normalization's bottom have changed since its forward (another layer works in place on the same blob; give it a "
            "top of its own)");
    require(!in_place_ || kept_.dims() == x.dims(), ErrorKind::SHAPE, "batch normalization's bottom changed its shape since its forward");
    return in_place_ ? kept_ : x;
  }

  static void check_affine(const Tensor& mean, const Tensor& scale, const Tensor* bias) {
    require(scale.count() == mean.count() && (bias == nullptr || bias->count() == mean.count()), ErrorKind::SHAPE, "there are ", mean.count(),
            " channels, but ", scale.count(), " factors", bias == nullptr ? "" : " and " + std::to_string(bias->count()) + " biases");
  }

  static NormalizedAffine affine_of(Tensor& mean, Tensor& variance, float eps, Tensor& scale, Tensor* bias, bool relu) {
    check_affine(mean, scale, bias);
    return {mean.read(), variance.read(), eps, scale.read(), bias == nullptr ? nullptr : bias->read(), relu};
  }

  /** Values seen as N x C x the rest. */
  static ChannelView view_of(const Tensor& x) { return channel_view(x, x.dims()[1], count_of(x.dims(), 2, x.dims().size())); }

  // On a GPU.

  /** What follows the normalization: scale and bias may be null. */
  struct Following {
    float eps;
    Tensor *scale, *bias;
    bool relu;
  };

  void forward_kernels(Tensor& x, Tensor& y, Tensor& mean, Tensor& variance, const Following& f) {
    const ChannelView view = view_of(x);
    const float* from = remember(x, y).device_read();
    const ChannelPairs moments = channel_pairs(context_, view, Moments{from});
    float *means = mean.device_overwrite(), *variances = variance.device_overwrite();
    const BatchFactors factors = factors_of(variances, f, view.channels);
    const ChannelStatistics statistics{moments, double(view.outer * view.inner), means, variances};
    launch(context_, view.channels, BatchStatistics{statistics, factors});
    const BatchAffine affine{means, factors.factor, factors.shift};
    float* to = y.device_overwrite();
    if (f.relu) return launch_channels(context_, view, BatchAffineForward<true>{from, affine, to});
    launch_channels(context_, view, BatchAffineForward<false>{from, affine, to});
  }

  /** @param scale_diff, bias_diff may be null */
  void backward_kernels(Tensor& x, Tensor& dy, Tensor& dx, Tensor& mean, Tensor& variance, const Following& f, Tensor* scale_diff,
                        Tensor* bias_diff) {
    const auto run = f.relu ? &BatchNorm::backward_kernels_of<true> : &BatchNorm::backward_kernels_of<false>;
    const ChannelView view = view_of(x);
    const float *values = x.device_read(), *from = dy.device_read();
    const BatchFactors factors = factors_of(variance.device_read(), f, view.channels);
    launch(context_, view.channels, factors);
    const BatchAffine affine{mean.device_read(), factors.factor, factors.shift};
    const BatchSlopes slopes{{}, double(view.outer * view.inner), variance.device_read(), f.eps, nullptr, nullptr,
                             scale_diff == nullptr ? nullptr : scale_diff->device_update(),
                             bias_diff == nullptr ? nullptr : bias_diff->device_update()};
    (this->*run)(view, values, from, affine, slopes, dx.device_overwrite());
  }

  template <bool kRelu>
  void backward_kernels_of(const ChannelView& view, const float* x, const float* dy, const BatchAffine& affine, BatchSlopes slopes, float* dx) {
    const BatchGradient<kRelu> gradient{x, dy, affine};
    slopes.moments = channel_pairs(context_, view, BatchGradientMoments<kRelu>{gradient});
    slopes.mean_gradient = coefficients_.data() + 2 * view.channels;
    slopes.slope = slopes.mean_gradient + view.channels;
    launch(context_, view.channels, slopes);
    launch_channels(context_, view, BatchAffineBackward<kRelu>{gradient, slopes.mean_gradient, slopes.slope, dx});
  }

  BatchFactors factors_of(const float* variance, const Following& f, int64_t channels) {
    float* factor = coefficients_.sized(context_, 4 * channels);
    const auto values = [](Tensor* t) { return t == nullptr ? nullptr : t->device_read(); };
    return {variance, values(f.scale), values(f.bias), factor, factor + channels, f.eps};
  }

  void normalize(Tensor& x, Tensor& y, Tensor& mean, Tensor& variance, float eps) {
    const ChannelView view = view_of(x);
    const float *from = x.device_read(), *means = mean.device_read(), *variances = variance.device_read();
    launch_channels(context_, view, BatchNormalize{from, means, variances, y.device_overwrite(), eps});
  }

  /** The gradient of normalize. */
  void divide(Tensor& dy, Tensor& dx, Tensor& variance, float eps) {
    const float *from = dy.device_read(), *variances = variance.device_read();
    launch_channels(context_, view_of(dy), BatchNormalizeBackward{from, variances, dx.device_overwrite(), eps});
  }

  Context& context_;
  DeviceArray<float> coefficients_;  // of the channels, on a GPU
  Recent<Key, Plan> plans_;
  Tensor kept_;                 // the input of a forward in place
  bool in_place_ = false;
  uint64_t input_version_ = 0;  // of a forward into another tensor
};

namespace {

/** Throws SHAPE unless each has a value a channel and the weight is one number. */
void check_stored(const Tensor& mean, std::initializer_list<const Tensor*> others, const Tensor& weight) {
  for (const Tensor* t : others) require_same_count(mean, *t, "statistics of batch normalization");
  require(weight.count() == 1, ErrorKind::SHAPE, "the weight of stored statistics is one number, got shape ", shape_string(weight.dims()));
}

}  // namespace

BatchNorm* batch_norm_create(Context* context) { return new BatchNorm(deref(context, "context")); }
void batch_norm_destroy(BatchNorm* batch_norm) { delete batch_norm; }

void batch_norm_forward(BatchNorm* batch_norm, Tensor* bottom, Tensor* top, Tensor* mean, Tensor* variance, float eps, bool given) {
  deref(batch_norm, "batch_norm").forward(deref(bottom, "bottom"), deref(top, "top"), deref(mean, "mean"), deref(variance, "variance"), eps, given);
}

void batch_norm_backward(BatchNorm* batch_norm, Tensor* bottom, Tensor* top_diff, Tensor* bottom_diff, Tensor* mean, Tensor* variance, float eps,
                         bool given) {
  deref(batch_norm, "batch_norm")
      .backward(deref(bottom, "bottom"), deref(top_diff, "top diff"), deref(bottom_diff, "bottom diff"), deref(mean, "mean"),
                deref(variance, "variance"), eps, given);
}

bool batch_norm_affine_forward(BatchNorm* batch_norm, Tensor* bottom, Tensor* top, Tensor* mean, Tensor* variance, float eps, Tensor* scale,
                               Tensor* bias, bool relu) {
  return deref(batch_norm, "batch_norm")
      .forward_affine(deref(bottom, "bottom"), deref(top, "top"), deref(mean, "mean"), deref(variance, "variance"), eps, deref(scale, "scale"),
                      bias, relu);
}

bool batch_norm_affine_backward(BatchNorm* batch_norm, Tensor* bottom, Tensor* top_diff, Tensor* bottom_diff, Tensor* mean, Tensor* variance,
                                float eps, Tensor* scale, Tensor* bias, bool relu, Tensor* scale_diff, Tensor* bias_diff) {
  return deref(batch_norm, "batch_norm")
      .backward_affine(deref(bottom, "bottom"), deref(top_diff, "top diff"), deref(bottom_diff, "bottom diff"), deref(mean, "mean"),
                       deref(variance, "variance"), eps, deref(scale, "scale"), bias, relu, scale_diff, bias_diff);
}

void batch_norm_normalized(BatchNorm* batch_norm, Tensor* bottom, Tensor* mean, Tensor* variance, float eps, Tensor* normalized) {
  deref(batch_norm, "batch_norm")
      .normalized(deref(bottom, "bottom"), deref(mean, "mean"), deref(variance, "variance"), eps, deref(normalized, "normalized"));
}

void batch_norm_store(Tensor* mean, Tensor* variance, float fraction, float correction, Tensor* stored_mean, Tensor* stored_variance,
                      Tensor* stored_weight) {
  Tensor &m = deref(mean, "mean"), &v = deref(variance, "variance"), &to_m = deref(stored_mean, "stored mean"),
         &to_v = deref(stored_variance, "stored variance"), &weight = deref(stored_weight, "stored weight");
  check_stored(m, {&v, &to_m, &to_v}, weight);
  const float *means = m.device_read(), *variances = v.device_read();
  launch(m.context(), m.count(),
         StoreStatistics{means, variances, to_m.device_update(), to_v.device_update(), weight.device_update(), fraction, correction});
}

void batch_norm_load(Tensor* stored_mean, Tensor* stored_variance, Tensor* stored_weight, Tensor* mean, Tensor* variance) {
  Tensor &m = deref(mean, "mean"), &v = deref(variance, "variance"), &from_m = deref(stored_mean, "stored mean"),
         &from_v = deref(stored_variance, "stored variance"), &weight = deref(stored_weight, "stored weight");
  check_stored(m, {&v, &from_m, &from_v}, weight);
  const float *means = from_m.device_read(), *variances = from_v.device_read(), *w = weight.device_read();
  launch(m.context(), m.count(), LoadStatistics{means, variances, w, m.device_overwrite(), v.device_overwrite()});
}

}  // namespace caffe4j
