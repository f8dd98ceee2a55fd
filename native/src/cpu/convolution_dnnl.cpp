// Convolution through oneDNN: primitives are made once a shape and layout, weights are packed once a version.
#include "caffe4j/bias.h"
#include "convolution.h"
#include "cpu/winograd/training.h"
#include "error.h"
#include "packed_weights.h"
#include "recent.h"

namespace caffe4j {

namespace {

using Desc = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;

Desc any_of(const Dims& dims) { return Desc(dims, dnnl::memory::data_type::f32, Tag::any); }

/**
 * Primitives by the layouts of the operands that they were made for; an empty implementation says that there is no fast one. Where Winograd's
 * algorithm pays, it computes in the primitive's place, in the same layouts.
 */
template <class Primitive>
struct Plan {
  typename Primitive::primitive_desc pd;
  Primitive primitive;
  std::string implementation;
  std::unique_ptr<winograd::Training> winograd = nullptr;

  bool usable() const { return !implementation.empty(); }
};

/** By the present layouts of the two operands that have one. */
template <class Primitive>
using Plans = Recent<std::pair<Desc, Desc>, Plan<Primitive>>;

class DnnlConvolution final : public ConvolutionEngine {
 public:
  DnnlConvolution(Context& context, const ConvolutionGeometry& geometry) : context_(context), g_(geometry), window_(geometry.window) {
    if (window_.axes() == 0) window_ = Window{{1}, {1}, {0}, {1}};  // a point is a row of length one
    weight_dims_ = {g_.num_output, g_.channels / g_.group};
    if (g_.group > 1) weight_dims_ = {g_.group, g_.num_output / g_.group, g_.channels / g_.group};
    weight_dims_.insert(weight_dims_.end(), window_.kernel.begin(), window_.kernel.end());
    for (int64_t d : window_.dilation) dilates_.push_back(d - 1);
  }

  bool forward(const ConvolutionShape& s, Tensor& bottom, Tensor& weight, Tensor* bias, Tensor& top) override {
    Operand src(bottom, dims_of(s, g_.channels, s.input)), dst(top, dims_of(s, g_.num_output, s.output));
    const Desc present = src.layout(), bias_desc = bias_desc_if(bias != nullptr);
    auto& plan = forward_plans_.get({present, bias_desc}, [&] { return plan_forward(s, present, bias_desc); });
    if (!plan.usable()) return false;
    const dnnl::memory x = src.read(plan.pd.src_desc()), w = packed_.get(weight, weight_dims_, plan.pd.weights_desc(), /*keep=*/!g_.inference),
                       y = dst.overwrite(plan.pd.dst_desc());
    if (plan.winograd) {
      run(*plan.winograd, x, w, bias, y);
    } else {
      std::unordered_map<int, dnnl::memory> args{{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DST, y}};
      if (bias != nullptr) args.emplace(DNNL_ARG_BIAS, dnnl::memory(bias_desc, context_.engine(), const_cast<float*>(bias->read())));
      run(plan, args);
    }
    dst.finish();
    return true;
  }

  bool backward_data(const ConvolutionShape& s, Tensor& top_diff, Tensor& weight, Tensor& bottom_diff) override {
    Operand diff_dst(top_diff, dims_of(s, g_.num_output, s.output)), diff_src(bottom_diff, dims_of(s, g_.channels, s.input));
    const Desc present = diff_dst.layout();
    auto& plan = data_plans_.get({present, Desc()}, [&] { return plan_backward_data(s, present); });
    if (!plan.usable()) return false;
    const dnnl::memory dy = diff_dst.read(plan.pd.diff_dst_desc()), w = packed_.get(weight, weight_dims_, plan.pd.weights_desc()),
                       dx = diff_src.overwrite(plan.pd.diff_src_desc());
    if (plan.winograd) {
      run(*plan.winograd, dy, w, nullptr, dx);
    } else {
      run(plan, {{DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DIFF_SRC, dx}});
    }
    diff_src.finish();
    return true;
  }

  bool backward_weight(const ConvolutionShape& s, Tensor& bottom, Tensor& top_diff, Tensor* weight_diff, Tensor* bias_diff) override {
    if (weight_diff == nullptr) {
      bias_backward(&top_diff, bias_diff, count_of(s.output));
      return true;
    }
    Operand src(bottom, dims_of(s, g_.channels, s.input)), diff_dst(top_diff, dims_of(s, g_.num_output, s.output));
    const Desc src_present = src.layout(), dst_present = diff_dst.layout();
    const Desc bias = bias_desc_if(bias_diff != nullptr);
    auto& plans = bias_diff != nullptr ? weight_and_bias_plans_ : weight_plans_;
    auto& plan = plans.get({src_present, dst_present}, [&] { return plan_backward_weight(s, src_present, dst_present, bias); });
    if (!plan.usable()) return false;
    std::unordered_map<int, dnnl::memory> args{{DNNL_ARG_SRC, src.read(plan.pd.src_desc())},
                                               {DNNL_ARG_DIFF_DST, diff_dst.read(plan.pd.diff_dst_desc())},
                                               {DNNL_ARG_DIFF_WEIGHTS, gradient_.target(*weight_diff, plan.pd.diff_weights_desc())}};
    if (bias_diff != nullptr) args.emplace(DNNL_ARG_DIFF_BIAS, bias_gradient_.target(*bias_diff, bias));
    run(plan, args);
    gradient_.add();
    if (bias_diff != nullptr) bias_gradient_.add();
    return true;
  }

  std::string implementation() const override { return implementation_; }

 private:
  Dims dims_of(const ConvolutionShape& s, int64_t channels, const Dims& spatial) const {
    Dims dims{s.batch, channels};
    if (spatial.empty()) dims.push_back(1);
    dims.insert(dims.end(), spatial.begin(), spatial.end());
    return dims;
  }

  Desc bias_desc_if(bool with_bias) const { return with_bias ? row_major({g_.num_output}) : Desc(); }

  /**
   * Tries layouts in order and keeps the first kernel that is not a reference one. `make` takes the wanted layouts of the two
   * activations. First those in which they are, so that layouts travel; then what oneDNN likes best; then row-major.
   */
  template <class Primitive, class Make>
  Plan<Primitive> choose(const Desc& first_present, const Desc& first_any, const Desc& second_present, const Desc& second_any,
                         const Make& make) const {
    const Desc first_plain = row_major(first_any.get_dims()), second_plain = row_major(second_any.get_dims());
    const Desc first = first_present == first_plain ? first_any : first_present;
    const Desc second = second_present == second_plain ? second_any : second_present;
    for (const auto& [a, b] : {std::pair(first, second), std::pair(first_any, second_any), std::pair(first_plain, second_any),
                               std::pair(first_any, second_plain), std::pair(first_plain, second_plain)}) {
      typename Primitive::primitive_desc pd;
      try {
        pd = make(a, b);
      } catch (const dnnl::error&) {
        continue;  // no kernel for these layouts
      }
      const char* name = pd.impl_info_str();
      if (!is_reference(name)) return {pd, Primitive(pd), name, nullptr};
    }
    return {};
  }

  Plan<dnnl::convolution_forward> plan_forward(const ConvolutionShape& s, const Desc& present, const Desc& bias) const {
    if (!g_.window.has_ordinary_padding(s.input)) return {};
    const Desc src = any_of(dims_of(s, g_.channels, s.input)), dst = any_of(dims_of(s, g_.num_output, s.output));
    auto plan = choose<dnnl::convolution_forward>(present, src, dst, dst, [&](const Desc& a, const Desc& b) {
      return forward_pd(s, g_.inference ? dnnl::prop_kind::forward_inference : dnnl::prop_kind::forward_training, a, bias, b);
    });
    if (plan.usable()) plan.winograd = winograd::Training::forward(context_, g_, s, plan.pd.src_desc(), plan.pd.weights_desc(), plan.pd.dst_desc());
    return plan;
  }

  Plan<dnnl::convolution_backward_data> plan_backward_data(const ConvolutionShape& s, const Desc& present) const {
    if (!g_.window.has_ordinary_padding(s.input) || data_gradient_overruns(g_.channels, g_.group)) return {};
    const Desc src = any_of(dims_of(s, g_.channels, s.input)), dst = any_of(dims_of(s, g_.num_output, s.output));
    auto plan = choose<dnnl::convolution_backward_data>(present, dst, src, src, [&](const Desc& diff_dst, const Desc& diff_src) {
      const auto hint = forward_pd(s, dnnl::prop_kind::forward_training, src, Desc(), dst);
      return dnnl::convolution_backward_data::primitive_desc(context_.engine(), dnnl::algorithm::convolution_direct, diff_src,
                                                             any_of(weight_dims_), diff_dst, strides(s), dilates_, window_.pad,
                                                             window_.pad, hint);
    });
    if (plan.usable()) {
      plan.winograd = winograd::Training::backward_data(context_, g_, s, plan.pd.diff_dst_desc(), plan.pd.weights_desc(), plan.pd.diff_src_desc());
    }
    return plan;
  }

  Plan<dnnl::convolution_backward_weights> plan_backward_weight(const ConvolutionShape& s, const Desc& src_present,
                                                                const Desc& dst_present, const Desc& bias) const {
    if (!g_.window.has_ordinary_padding(s.input)) return {};
    const Desc src = any_of(dims_of(s, g_.channels, s.input)), dst = any_of(dims_of(s, g_.num_output, s.output));
    return choose<dnnl::convolution_backward_weights>(src_present, src, dst_present, dst, [&](const Desc& from, const Desc& diff_dst) {
      const auto hint = forward_pd(s, dnnl::prop_kind::forward_training, src, bias, dst);
      return dnnl::convolution_backward_weights::primitive_desc(context_.engine(), dnnl::algorithm::convolution_direct, from,
                                                                any_of(weight_dims_), bias, diff_dst, strides(s), dilates_,
                                                                window_.pad, window_.pad, hint);
    });
  }

  /** Also of a convolution without spatial axes, which is one over a row of length one. */
  Dims strides(const ConvolutionShape& s) const { return s.input.empty() ? window_.stride : window_.strides_over(s.input); }

  dnnl::convolution_forward::primitive_desc forward_pd(const ConvolutionShape& s, dnnl::prop_kind kind, const Desc& src, const Desc& bias,
                                                       const Desc& dst) const {
    return dnnl::convolution_forward::primitive_desc(context_.engine(), kind, dnnl::algorithm::convolution_direct, src, any_of(weight_dims_),
                                                     bias, dst, strides(s), dilates_, window_.pad, window_.pad);
  }

  template <class Primitive>
  void run(const Plan<Primitive>& plan, const std::unordered_map<int, dnnl::memory>& args) {
    context_.execute(plan.primitive, args);
    implementation_ = plan.implementation;
  }

  void run(const winograd::Training& step, const dnnl::memory& from, const dnnl::memory& weights, Tensor* bias, const dnnl::memory& to) {
    step.run(context_, from, weights, bias, to);
    implementation_ = "winograd F(4x4, 3x3)";
  }

  Context& context_;
  const ConvolutionGeometry& g_;
  Window window_;
  Dims weight_dims_, dilates_;
  PackedWeights packed_;
  AddedGradient gradient_, bias_gradient_;
  Plans<dnnl::convolution_forward> forward_plans_;
  Plans<dnnl::convolution_backward_data> data_plans_;
  Plans<dnnl::convolution_backward_weights> weight_plans_, weight_and_bias_plans_;
  std::string implementation_;
};

}  // namespace

bool data_gradient_overruns(int64_t channels, int64_t group) {
#if defined(__aarch64__)
  return group > 1 && channels == group && channels % 16 != 0;
#else
  (void)channels, (void)group;
  return false;
#endif
}

std::unique_ptr<ConvolutionEngine> make_dnnl_convolution(Context& context, const ConvolutionGeometry& geometry) {
  return std::make_unique<DnnlConvolution>(context, geometry);
}

}  // namespace caffe4j
