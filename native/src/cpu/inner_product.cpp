#include "caffe4j/inner_product.h"

#include <vector>

#include "caffe4j/bias.h"
#include "convolution.h"
#include "error.h"
#include "gemm.h"
#include "inner_product_parts.h"
#include "launch.h"
#include "packed_weights.h"
#include "recent.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;

class InnerProduct {
 public:
  InnerProduct(Context& context, int64_t outputs, int64_t inputs, bool transposed, bool inference)
      : context_(context), n_(outputs), k_(inputs), transposed_(transposed), inference_(inference), parts_(context, outputs, inputs) {}

  void forward(Tensor& bottom, Tensor& weight, Tensor* bias, Tensor& top) {
    const int64_t m = rows(bottom, top);
    check_parameters(&weight, bias);
    if (m == 0) return;
    if (context_.gpu() != nullptr || is_small(m)) {
      const float *x = bottom.device_read(), *w = weight.device_read();
      float* y = top.device_overwrite();
      gemm(context_, false, !transposed_, m, n_, k_, 1, x, w, 0, y);
      if (bias != nullptr) add_bias(context_, m, n_, 1, bias->device_read(), y);
      return;
    }
    context_.enter();
    if (in_parts(m)) {
      const float *x = bottom.read(), *w = weight.read(), *b = bias == nullptr ? nullptr : bias->read();
      return parts_.forward(m, x, w, b, top.overwrite());
    }
    Operand dst(top, {m, n_});
    const Plan& plan = plan_for(bottom, m, bias != nullptr);
    Operand src(bottom, plan.src_dims);
    std::unordered_map<int, dnnl::memory> args{{DNNL_ARG_SRC, src.read(plan.pd.src_desc())},
                                               {DNNL_ARG_WEIGHTS, weights_for(weight, plan)},
                                               {DNNL_ARG_DST, dst.overwrite(plan.pd.dst_desc())}};
    if (bias != nullptr) {
      args.emplace(DNNL_ARG_BIAS, dnnl::memory(row_major({n_}), context_.engine(), const_cast<float*>(bias->read())));
    }
    context_.execute(plan.primitive, args);
    dst.finish();
  }

  void backward_data(Tensor& top_diff, Tensor& weight, Tensor& bottom_diff) {
    const int64_t m = rows(bottom_diff, top_diff);
    check_parameters(&weight, nullptr);
    if (m == 0) return;
    context_.enter();
    if (in_parts(m)) {
      const float *dy = top_diff.read(), *w = weight.read();
      return parts_.backward_data(m, dy, w, bottom_diff.overwrite());
    }
    const auto& plan = data_plans_.get(m, [&] { return plan_backward_data(m); });
    if (!plan.usable()) {
      gemm(context_, false, transposed_, m, k_, n_, 1, top_diff.device_read(), weight.device_read(), 0, bottom_diff.device_overwrite());
      return;
    }
    const float *from = top_diff.read(), *factors = weight.read();
    context_.execute(plan.primitive, {{DNNL_ARG_DIFF_DST, memory(plan.pd.diff_dst_desc(), from)},
                                      {DNNL_ARG_WEIGHTS, memory(plan.pd.weights_desc(), factors)},
                                      {DNNL_ARG_DIFF_SRC, memory(plan.pd.diff_src_desc(), bottom_diff.overwrite())}});
  }

  void backward_weight(Tensor& bottom, Tensor& top_diff, Tensor* weight_diff, Tensor* bias_diff) {
    const int64_t m = rows(bottom, top_diff);
    check_parameters(weight_diff, bias_diff);
    if (m == 0) return;
    context_.enter();
    if (weight_diff != nullptr) {
      const float *x = bottom.device_read(), *dy = top_diff.device_read();
      if (weight_diff->is_zero() && in_parts(m)) {
        parts_.backward_weight(m, x, dy, weight_diff->overwrite());
      } else {
        multiply_weight(m, x, dy, *weight_diff);
      }
    }
    if (bias_diff != nullptr && context_.gpu() == nullptr && is_small(m)) {
      add_sums(context_, /*of_columns=*/true, m, n_, top_diff.read(), bias_diff->update());
    } else if (bias_diff != nullptr) {
      bias_backward(&top_diff, bias_diff, 1);
    }
  }

 private:
  struct Plan {
    Desc present;
    Dims src_dims;
    bool bias;
    dnnl::inner_product_forward::primitive_desc pd;
    dnnl::inner_product_forward primitive;
  };

  /** One number of rows; empty on a GPU and where oneDNN has no fast kernel for row-major weights. */
  template <class Primitive>
  struct BackwardPlan {
    typename Primitive::primitive_desc pd;
    Primitive primitive;

    bool usable() const { return bool(primitive); }
  };

  /** From this many rows on, weights that stay are worth a packed copy. */
  static constexpr int64_t kPackFrom = 4;

  int64_t rows(const Tensor& bottom, const Tensor& top) const {
    require(bottom.count() % k_ == 0 && top.count() == bottom.count() / k_ * n_, ErrorKind::SHAPE, "bottom of shape ",
            shape_string(bottom.dims()), " and top of shape ", shape_string(top.dims()), " do not fit weights of ", n_, " x ", k_);
    require(!bottom.shares_with(top), ErrorKind::INVALID, "an inner product cannot work in place");
    require_countable("an inner product", {bottom.count() / k_, n_, k_});
    return bottom.count() / k_;
  }

  void check_parameters(const Tensor* weight, const Tensor* bias) const {
    require(weight == nullptr || weight->count() == n_ * k_, ErrorKind::SHAPE, "weights must have ", n_ * k_, " elements");
    require(bias == nullptr || bias->count() == n_, ErrorKind::SHAPE, "the bias must have ", n_, " elements");
  }

  bool is_small(int64_t m) const { return m * n_ * k_ <= kSmallProduct; }

  bool in_parts(int64_t m) { return !inference_ && !transposed_ && !is_small(m) && parts_.suits(m); }

  bool packs(int64_t m) const { return inference_ && !transposed_ && m >= kPackFrom; }

  /** Row-major weights as they are, seen with the source's dimensions. */
  Desc plain_weights(const Dims& src_dims) const {
    if (transposed_) return Desc({n_, k_}, dnnl::memory::data_type::f32, Dims{1, n_});
    Dims dims = src_dims;
    dims[0] = n_;
    return row_major(dims);
  }

  dnnl::memory weights_for(Tensor& weight, const Plan& plan) {
    const Desc want = plan.pd.weights_desc();
    if (transposed_) return dnnl::memory(want, context_.engine(), const_cast<float*>(weight.read()));
    return packed_.get(weight, want.get_dims(), want);
  }

  const Plan& plan_for(Tensor& bottom, int64_t m, bool bias) {
    // A packed weight may follow a blocked source: no conversion between the last convolution and the first inner product.
    const bool as_it_is = packs(m) && bottom.axes() > 2 && bottom.axes() <= 5 && bottom.dims()[0] == m;
    const Dims src_dims = as_it_is ? bottom.dims() : Dims{m, k_};
    const Desc present = as_it_is ? bottom.layout() : row_major(src_dims);
    for (const Plan& plan : plans_) {
      if (plan.present == present && plan.bias == bias) return plan;
    }
    if (plans_.size() >= 8) plans_.erase(plans_.begin());
    plans_.push_back(make_plan(present, src_dims, m, bias));
    return plans_.back();
  }

  Plan make_plan(const Desc& present, const Dims& src_dims, int64_t m, bool bias) const {
    const auto kind = inference_ ? dnnl::prop_kind::forward_inference : dnnl::prop_kind::forward_training;
    const Desc any(plain_weights(src_dims).get_dims(), dnnl::memory::data_type::f32, dnnl::memory::format_tag::any);
    const Desc plain_src = row_major(src_dims);
    for (const auto& [src, weights] : {std::pair(present, packs(m) ? any : plain_weights(src_dims)),
                                       std::pair(plain_src, packs(m) ? any : plain_weights(src_dims)),
                                       std::pair(plain_src, plain_weights(src_dims))}) {
      try {
        dnnl::inner_product_forward::primitive_desc pd(context_.engine(), kind, src, weights, bias ? row_major({n_}) : Desc(),
                                                       row_major({m, n_}));
        return {present, src_dims, bias, pd, dnnl::inner_product_forward(pd)};
      } catch (const dnnl::error&) {
        continue;  // no kernel for these layouts
      }
    }
    fail(ErrorKind::INTERNAL, "oneDNN has no inner product of ", m, " x ", k_, " by ", n_);
  }

  dnnl::memory memory(const Desc& layout, const float* values) const {
    return dnnl::memory(layout, context_.engine(), const_cast<float*>(values));
  }

  /** The backward primitive over row-major matrices that `make` describes. */
  template <class Primitive, class Make>
  BackwardPlan<Primitive> backward_plan(int64_t m, const Make& make) const {
    if (transposed_ || context_.gpu() != nullptr || is_small(m)) return {};
    const Desc src = row_major({m, k_}), weights = row_major({n_, k_}), dst = row_major({m, n_});
    try {
      const dnnl::inner_product_forward::primitive_desc hint(context_.engine(), dnnl::prop_kind::forward_training, src, weights, dst);
      const typename Primitive::primitive_desc pd = make(src, weights, dst, hint);
      if (is_reference(pd.impl_info_str())) return {};
      return {pd, Primitive(pd)};
    } catch (const dnnl::error&) {
      return {};  // no kernel for this shape
    }
  }

  BackwardPlan<dnnl::inner_product_backward_data> plan_backward_data(int64_t m) const {
    return backward_plan<dnnl::inner_product_backward_data>(m, [&](const Desc& src, const Desc& weights, const Desc& dst, const auto& hint) {
      return dnnl::inner_product_backward_data::primitive_desc(context_.engine(), src, weights, dst, hint);
    });
  }

  BackwardPlan<dnnl::inner_product_backward_weights> plan_backward_weight(int64_t m) const {
    return backward_plan<dnnl::inner_product_backward_weights>(m, [&](const Desc& src, const Desc& weights, const Desc& dst, const auto& hint) {
      return dnnl::inner_product_backward_weights::primitive_desc(context_.engine(), src, weights, dst, hint);
    });
  }

  void multiply_weight(int64_t m, const float* x, const float* dy, Tensor& weight_diff) {
    const auto& plan = weight_plans_.get(m, [&] { return plan_backward_weight(m); });
    if (plan.usable()) {
      context_.execute(plan.primitive, {{DNNL_ARG_SRC, memory(plan.pd.src_desc(), x)},
                                        {DNNL_ARG_DIFF_DST, memory(plan.pd.diff_dst_desc(), dy)},
                                        {DNNL_ARG_DIFF_WEIGHTS, gradient_.target(weight_diff, plan.pd.diff_weights_desc())}});
      return gradient_.add();
    }
    const float keep = weight_diff.is_zero() ? 0 : 1;
    float* to = keep == 0 ? weight_diff.device_overwrite() : weight_diff.device_update();
    if (transposed_) {
      gemm(context_, true, false, k_, n_, m, 1, x, dy, keep, to);
    } else {
      gemm(context_, true, false, n_, k_, m, 1, dy, x, keep, to);
    }
  }

  Context& context_;
  int64_t n_, k_;
  bool transposed_, inference_;
  InnerProductParts parts_;
  PackedWeights packed_;
  std::vector<Plan> plans_;
  Recent<int64_t, BackwardPlan<dnnl::inner_product_backward_data>> data_plans_;
  Recent<int64_t, BackwardPlan<dnnl::inner_product_backward_weights>> weight_plans_;
  AddedGradient gradient_;
};

InnerProduct* inner_product_create(Context* context, int64_t outputs, int64_t inputs, bool transposed, bool inference) {
  require(outputs > 0 && inputs > 0, ErrorKind::INVALID, "an inner product needs inputs and outputs, got ", inputs, " and ", outputs);
  return new InnerProduct(deref(context, "context"), outputs, inputs, transposed, inference);
}

void inner_product_destroy(InnerProduct* op) { delete op; }

void inner_product_forward(InnerProduct* op, Tensor* bottom, Tensor* weight, Tensor* bias, Tensor* top) {
  deref(op, "inner product").forward(deref(bottom, "bottom"), deref(weight, "weight"), bias, deref(top, "top"));
}

void inner_product_backward_data(InnerProduct* op, Tensor* top_diff, Tensor* weight, Tensor* bottom_diff) {
  deref(op, "inner product").backward_data(deref(top_diff, "top diff"), deref(weight, "weight"), deref(bottom_diff, "bottom diff"));
}

void inner_product_backward_weight(InnerProduct* op, Tensor* bottom, Tensor* top_diff, Tensor* weight_diff, Tensor* bias_diff) {
  deref(op, "inner product").backward_weight(deref(bottom, "bottom"), deref(top_diff, "top diff"), weight_diff, bias_diff);
}

}  // namespace caffe4j
