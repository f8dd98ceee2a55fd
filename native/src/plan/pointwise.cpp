// Operations that keep the shape and work along channels or element by element: LRN, softmax, MVN, activations, PReLU, scale
// and shift.
#include "caffe4j/elementwise.h"
#include "caffe4j/lrn.h"
#include "error.h"
#include "lrn.h"
#include "mvn.h"
#include "packed_weights.h"
#include "plan/ops.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;

namespace {

class PlanPointwise : public PlanOp {
 public:
  using PlanOp::PlanOp;
  Dims infer(const Plan& plan) const override { return plan.dims(inputs[0]); }
  bool overwrites_input() const override { return posts.empty(); }

  bool find_rows(const Plan&, int64_t first, int64_t end, RowBand& band) const override {
    band = {first, end - first, 0, 0};
    return true;
  }

 protected:
  /** Source and result in one layout, in place where possible. */
  std::pair<int, int> operands(Plan& plan, const Desc& layout) const {
    const int from = plan.read(inputs[0], layout);
    const bool over = posts.empty() && plan.may_overwrite(inputs[0]);
    return {from, over ? plan.write_over(from, layout) : plan.write(layout)};
  }

  Desc present(const Plan& plan) const { return plan.working_in_float(inputs[0]); }
};

class PlanLrn final : public PlanPointwise {
 public:
  PlanLrn(std::string op_name, int input, int region, int64_t size, float alpha, float beta, float k)
      : PlanPointwise(std::move(op_name), {input}), within_(region == LRN_WITHIN_CHANNEL), size_(size), alpha_(alpha), beta_(beta), k_(k) {}

  bool prefers_channels_last() const override { return true; }
  bool overwrites_input() const override { return false; }

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanLrn>(*this); }
  bool is_nonnegative(bool of_nonnegative) const override { return of_nonnegative; }

  void compile(Plan& plan) const override {
    if (within_) return compile_within(plan);
    Desc layout = plan.working(inputs[0], plan.result_type());
    if (!compile_dnnl(plan, layout)) {
      layout = plan.in_float(layout);
      const int from = plan.read(inputs[0], layout);
      const int to = plan.write(layout);
      const dnnl::memory x = plan.memory(from), y = plan.memory(to);
      plan.add_loop("lrn, channels last", {from, to}, [context = &plan.context(), layout, x, y, n = size_, a = alpha_, b = beta_, k = k_] {
        lrn_across_channels(*context, layout, static_cast<const float*>(x.get_data_handle()), static_cast<float*>(y.get_data_handle()), n, a, b, k);
      });
    }
    add_post_steps(plan, *this, 0);
  }

  bool find_rows(const Plan& plan, int64_t first, int64_t end, RowBand& band) const override {
    return !within_ && PlanPointwise::find_rows(plan, first, end, band);
  }

 private:
  void compile_within(Plan& plan) const {
    const Dims dims = plan.dims(inputs[0]);
    require(dims.size() == 4, ErrorKind::SHAPE, "layer '", name, "': LRN takes N x C x H x W, got ", shape_string(dims));
    const Desc layout = MemoryOrder{Order::CHANNELS_LAST, 1}.layout(dims);
    const int from = plan.read(inputs[0], layout), to = plan.write(layout);
    const dnnl::memory x = plan.memory(from), y = plan.memory(to);
    plan.add_loop("lrn within channels, channels last", {from, to}, [context = &plan.context(), dims, x, y, n = size_, a = alpha_, b = beta_, k = k_] {
      lrn_within_channel(*context, dims, static_cast<const float*>(x.get_data_handle()), static_cast<float*>(y.get_data_handle()), n, a, b, k);
    });
    add_post_steps(plan, *this, 0);
  }

  bool compile_dnnl(Plan& plan, const Desc& layout) const {
    try {
      dnnl::lrn_forward::primitive_desc pd(plan.context().engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::lrn_across_channels,
                                           layout, layout, size_, alpha_, beta_, k_);
      if (is_reference(pd.impl_info_str())) return false;
      const int from = plan.read(inputs[0], layout);
      plan.add_step(pd.impl_info_str(), dnnl::lrn_forward(pd), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, plan.write(layout)}});
      return true;
    } catch (const dnnl::error&) {
      return false;  // no kernel for this window
    }
  }

  bool within_;
  int64_t size_;
  float alpha_, beta_, k_;
};

class PlanSoftmax final : public PlanPointwise {
 public:
  PlanSoftmax(std::string op_name, int input, int axis) : PlanPointwise(std::move(op_name), {input}), axis_(axis) {}

  bool needs_float() const override { return true; }
  bool is_per_image(const Plan&) const override { return axis_ != 0; }
  bool find_rows(const Plan&, int64_t, int64_t, RowBand&) const override { return false; }

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanSoftmax>(*this); }
  bool is_nonnegative(bool) const override { return true; }

  void compile(Plan& plan) const override {
    Desc layout = plan.in_float(present(plan));
    require(axis_ >= 0 && axis_ < layout.get_ndims(), ErrorKind::SHAPE, "layer '", name, "': there is no axis ", axis_);
    const auto describe = [&] {
      return dnnl::softmax_forward::primitive_desc(plan.context().engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::softmax_accurate,
                                                   layout, layout, axis_);
    };
    auto pd = describe();
    if (is_reference(pd.impl_info_str())) {
      layout = row_major(plan.dims(inputs[0]));
      pd = describe();
    }
    const auto [from, to] = operands(plan, layout);
    plan.add_step(pd.impl_info_str(), dnnl::softmax_forward(pd), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}});
    add_post_steps(plan, *this, 0);
  }

 private:
  int axis_;
};

class PlanMvn final : public PlanPointwise {
 public:
  PlanMvn(std::string op_name, int input, bool across_channels, bool normalize_variance, float eps)
      : PlanPointwise(std::move(op_name), {input}), across_(across_channels), variance_(normalize_variance), eps_(eps) {}

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanMvn>(*this); }

  Dims infer(const Plan& plan) const override {
    const Dims& dims = plan.dims(inputs[0]);
    require(dims.size() <= 4, ErrorKind::SHAPE, "layer '", name, "': MVN takes at most 4 axes, got ", shape_string(dims));
    return dims;
  }

  bool find_rows(const Plan&, int64_t, int64_t, RowBand&) const override { return false; }

  void compile(Plan& plan) const override {
    const Dims& dims = plan.dims(inputs[0]);
    Desc layout = plan.in_float(present(plan));
    ChannelLayout channels;
    const bool by_channels = !across_ && dims.size() > 2 && ChannelLayout::of(layout, channels);
    if (!by_channels && layout.get_padded_dims() != layout.get_dims()) layout = row_major(dims);
    const int64_t rows = count_of(dims, 0, std::min<size_t>(dims.size(), across_ ? 1 : 2)), length = rows == 0 ? 0 : count_of(dims) / rows;
    const auto [from, to] = operands(plan, layout);
    const dnnl::memory x = plan.memory(from), y = plan.memory(to);
    plan.add_loop("mvn", {from, to}, [=, context = &plan.context(), variance = variance_, eps = eps_] {
      const float* values = static_cast<const float*>(x.get_data_handle());
      float* normalized = static_cast<float*>(y.get_data_handle());
      if (by_channels) {
        normalize_channels(*context, channels, values, normalized, variance, eps);
      } else {
        normalize_rows(*context, values, normalized, rows, length, variance, eps, nullptr);
      }
    });
    add_post_steps(plan, *this, 0);
  }

 private:
  bool across_, variance_;
  float eps_;
};

class PlanActivation final : public PlanPointwise {
 public:
  PlanActivation(std::string op_name, int input, const DnnlActivation& f) : PlanPointwise(std::move(op_name), {input}), f_(f) {}

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanActivation>(*this); }
  const DnnlActivation* as_activation() const override { return &f_; }
  bool is_nonnegative(bool) const override { return f_.is_nonnegative(); }

  void compile(Plan& plan) const override {
    const dnnl::engine& engine = plan.context().engine();
    Desc layout = present(plan);
    if (!f_.is_fast(engine, layout)) layout = plan.in_float(layout);
    if (!f_.is_fast(engine, layout)) layout = row_major(plan.dims(inputs[0]));  // padding must stay zero, which kernels for blocks do not see to
    const auto [from, to] = operands(plan, layout);
    f_.add_steps(plan, layout, from, to);
    add_post_steps(plan, *this, 0);
  }

 private:
  DnnlActivation f_;
};

class PlanPrelu final : public PlanPointwise {
 public:
  PlanPrelu(std::string op_name, int input, int slope) : PlanPointwise(std::move(op_name), {input}), slope_(slope) {}

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanPrelu>(*this); }

  void compile(Plan& plan) const override {
    Desc layout = present(plan);
    describe_fast(plan, layout, [&](const Desc& x) {
      return dnnl::prelu_forward::primitive_desc(plan.context().engine(), dnnl::prop_kind::forward_inference, x, per_channel(plan, slope_, x), x);
    });
    const auto [from, to] = operands(plan, layout);
    add_prelu_step(plan, slope_, layout, from, to);
    add_post_steps(plan, *this, 0);
  }

 private:
  int slope_;
};

class PlanAffine final : public PlanPointwise {
 public:
  PlanAffine(std::string op_name, int input, int scale, int shift) : PlanPointwise(std::move(op_name), {input}), scale_(scale), shift_(shift) {}

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanAffine>(*this); }

  void compile(Plan& plan) const override {
    const Dims& dims = plan.dims(inputs[0]);
    // As a post-operation oneDNN's kernel adds the first channel's shift to all channels where an image has one value a channel.
    const bool apart = dims.size() > 2 && count_of(dims, 2, dims.size()) == 1;
    const dnnl::engine& engine = plan.context().engine();
    dnnl::primitive_attr attributes;
    size_t fused = 0;
    Desc layout = present(plan);
    while (fused < posts.size() && is_fused_activation(posts[fused], layout)) ++fused;
    if (layout.get_padded_dims() != layout.get_dims()) layout = row_major(dims, layout.get_data_type());  // padding must stay zero
    const auto pd = describe_fast(plan, layout, [&](const Desc& x) {
      dnnl::post_ops rest;
      if (!apart) rest.append_binary(dnnl::algorithm::binary_add, per_channel(plan, shift_, x));
      for (size_t i = 0; i < fused; ++i) DnnlActivation(posts[i]).append_to(rest);
      attributes.set_post_ops(rest);
      return dnnl::binary::primitive_desc(engine, dnnl::algorithm::binary_mul, x, per_channel(plan, scale_, x), x,
                                          apart ? dnnl::primitive_attr() : attributes);
    });
    const Desc values = per_channel(plan, scale_, layout), rows = row_major(values.get_dims());
    const int from = plan.read(inputs[0], layout);
    const int to = plan.may_overwrite(inputs[0]) ? plan.write_over(from, layout) : plan.write(layout);
    const dnnl::memory shift = plan.weight(shift_, rows, values);
    Arguments factors{{DNNL_ARG_SRC_1, plan.weight(scale_, rows, values)}};
    if (!apart) factors.emplace(DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, shift);
    plan.add_step(pd.impl_info_str(), dnnl::binary(pd), {{DNNL_ARG_SRC_0, from}, {DNNL_ARG_DST, to}}, std::move(factors));
    if (apart) {
      const dnnl::binary::primitive_desc add(engine, dnnl::algorithm::binary_add, layout, values, layout, attributes);
      plan.add_step(add.impl_info_str(), dnnl::binary(add), {{DNNL_ARG_SRC_0, to}, {DNNL_ARG_DST, to}}, {{DNNL_ARG_SRC_1, shift}});
    }
    add_post_steps(plan, *this, fused);
  }

 private:
  int scale_, shift_;
};

}  // namespace

std::unique_ptr<PlanOp> make_plan_lrn(std::string name, int input, int region, int64_t size, float alpha, float beta, float k) {
  return std::make_unique<PlanLrn>(std::move(name), input, region, size, alpha, beta, k);
}
std::unique_ptr<PlanOp> make_plan_softmax(std::string name, int input, int axis) {
  return std::make_unique<PlanSoftmax>(std::move(name), input, axis);
}
std::unique_ptr<PlanOp> make_plan_mvn(std::string name, int input, bool across_channels, bool normalize_variance, float eps) {
  return std::make_unique<PlanMvn>(std::move(name), input, across_channels, normalize_variance, eps);
}
std::unique_ptr<PlanOp> make_plan_activation(std::string name, int input, int function, float a, float b, float c) {
  return std::make_unique<PlanActivation>(std::move(name), input, DnnlActivation(function, a, b, c));
}
std::unique_ptr<PlanOp> make_plan_prelu(std::string name, int input, int slope) {
  return std::make_unique<PlanPrelu>(std::move(name), input, slope);
}
std::unique_ptr<PlanOp> make_plan_affine(std::string name, int input, int scale, int shift) {
  return std::make_unique<PlanAffine>(std::move(name), input, scale, shift);
}

}  // namespace caffe4j
