#include "plan/post_op.h"

#include <algorithm>
#include <cmath>

#include "caffe4j/elementwise.h"
#include "channel_layout.h"
#include "error.h"
#include "kernels/elementwise.h"
#include "launch.h"
#include "plan/plan.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;

/** Floats that a number takes in layouts in blocks of channels. */
static constexpr int64_t kScalarBlock = 16;

DnnlActivation::DnnlActivation(int function, float a, float b, float c) {
  using Algorithm = dnnl::algorithm;
  switch (function) {
    case PLAN_RELU: functions_ = {{Algorithm::eltwise_relu, a, 0}}; return;
    case ELEMENTWISE_SIGMOID: functions_ = {{Algorithm::eltwise_logistic, 0, 0}}; return;
    case ELEMENTWISE_TANH: functions_ = {{Algorithm::eltwise_tanh, 0, 0}}; return;
    case ELEMENTWISE_ABSVAL: functions_ = {{Algorithm::eltwise_abs, 0, 0}}; return;
    case ELEMENTWISE_BNLL: functions_ = {{Algorithm::eltwise_soft_relu, 1, 0}}; return;
    case ELEMENTWISE_CLIP: functions_ = {{Algorithm::eltwise_clip, a, b}}; return;
    case ELEMENTWISE_ELU: functions_ = {{Algorithm::eltwise_elu, a, 0}}; return;
    case ELEMENTWISE_SWISH: functions_ = {{Algorithm::eltwise_swish, a, 0}}; return;
    case ELEMENTWISE_EXP:
      append_linear(a, 0);
      functions_.push_back({Algorithm::eltwise_exp, 0, 0});
      append_linear(b, 0);
      return;
    case ELEMENTWISE_LOG:
      append_linear(a, b);
      functions_.push_back({Algorithm::eltwise_log, 0, 0});
      append_linear(c, 0);
      return;
    case ELEMENTWISE_POWER:
      require(a * b != 0, ErrorKind::UNSUPPORTED, "a plan has no constants");
      if (a == 1) {
        functions_ = {{Algorithm::eltwise_linear, b, c}};
        return;
      }
      append_linear(b, c);
      if (std::abs(a) == 2) {
        functions_.push_back({Algorithm::eltwise_square, 0, 0});
      } else if (std::abs(a) == 0.5f) {
        functions_.push_back({Algorithm::eltwise_sqrt, 0, 0});
      } else if (a != -1) {
        functions_.push_back({Algorithm::eltwise_pow, 1, a});
        general_power_ = PowerForward<PowerKind::GENERAL>{a, b, c};
        return;
      }
      if (a < 0) functions_.push_back({Algorithm::eltwise_pow, 1, -1});
      return;
    default: fail(ErrorKind::UNSUPPORTED, "a plan has no element-wise function ", function);
  }
}

void DnnlActivation::append_linear(float alpha, float beta) {
  if (alpha != 1 || beta != 0) functions_.push_back({dnnl::algorithm::eltwise_linear, alpha, beta});
}

bool DnnlActivation::is_nonnegative() const {
  bool result = false;
  for (const Function& f : functions_) {
    switch (f.algorithm) {
      case dnnl::algorithm::eltwise_relu: result = result || f.alpha == 0; break;
      case dnnl::algorithm::eltwise_clip: result = f.beta >= 0 && (result || f.alpha >= 0); break;
      case dnnl::algorithm::eltwise_linear: result = result && f.alpha >= 0 && f.beta >= 0; break;
      case dnnl::algorithm::eltwise_abs:
      case dnnl::algorithm::eltwise_logistic:
      case dnnl::algorithm::eltwise_soft_relu:
      case dnnl::algorithm::eltwise_exp:
      case dnnl::algorithm::eltwise_sqrt:
      case dnnl::algorithm::eltwise_square: result = true; break;
      default: result = false;
    }
  }
  return result;
}

std::optional<float> DnnlActivation::relu_slope() const {
  if (functions_.size() != 1 || functions_[0].algorithm != dnnl::algorithm::eltwise_relu) return std::nullopt;
  return functions_[0].alpha;
}

bool DnnlActivation::keeps_zero() const {
  return std::all_of(functions_.begin(), functions_.end(), [](const Function& f) {
    switch (f.algorithm) {
      case dnnl::algorithm::eltwise_logistic:
      case dnnl::algorithm::eltwise_soft_relu:
      case dnnl::algorithm::eltwise_exp:
      case dnnl::algorithm::eltwise_log: return false;
      case dnnl::algorithm::eltwise_linear: return f.beta == 0;
      case dnnl::algorithm::eltwise_clip: return f.alpha <= 0 && f.beta >= 0;
      case dnnl::algorithm::eltwise_pow: return f.beta > 0;
      default: return true;
    }
  });
}

void DnnlActivation::append_to(dnnl::post_ops& posts) const {
  for (const Function& f : functions_) posts.append_eltwise(f.algorithm, f.alpha, f.beta);
}

bool DnnlActivation::is_fast(const dnnl::engine& engine, const Desc& layout) const {
  if (general_power_) return has_loop(layout);
  if (functions_.size() > 1 && describe_all(engine, layout)) return true;
  try {
    return std::none_of(functions_.begin(), functions_.end(),
                        [&](const Function& f) { return is_reference(f.describe(engine, layout).impl_info_str()); });
  } catch (const dnnl::error&) {
    return false;  // no kernel for this type
  }
}

std::optional<dnnl::binary::primitive_desc> DnnlActivation::describe_all(const dnnl::engine& engine, const Desc& layout) const {
  const Dims ones(size_t(layout.get_ndims()), 1);
  const MemoryOrder blocks{Order::BLOCKED, kScalarBlock};
  dnnl::post_ops posts;
  append_to(posts);
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(posts);
  try {
    const Desc one = layout.get_inner_nblks() > 0 ? blocks.layout(ones) : row_major(ones);
    dnnl::binary::primitive_desc pd(engine, dnnl::algorithm::binary_mul, layout, one, layout, attributes);
    if (!is_reference(pd.impl_info_str())) return pd;
  } catch (const dnnl::error&) {  // no kernel
  }
  return std::nullopt;
}

void DnnlActivation::add_steps(Plan& plan, const Desc& layout, int from, int to) const {
  if (has_loop(layout)) {
    const dnnl::memory x = plan.memory(from), y = plan.memory(to);
    ChannelLayout channels{};
    const bool padded = ChannelLayout::of(layout, channels) && layout.get_padded_dims() != layout.get_dims();
    return plan.add_loop("power", {from, to}, [=, context = &plan.context(), count = floats_in(layout), f = *general_power_] {
      float* powers = static_cast<float*>(y.get_data_handle());
      parallel_for(*context, count, MapForward<PowerForward<PowerKind::GENERAL>>{static_cast<const float*>(x.get_data_handle()), powers, f});
      if (padded) channels.clear_padding(powers);
    });
  }
  if (functions_.size() > 1) {
    if (const auto pd = describe_all(plan.context().engine(), layout)) {
      const dnnl::memory one(pd->src1_desc(), plan.context().engine(), plan.constant(std::vector<float>(kScalarBlock, 1.f)).get_data_handle());
      return plan.add_step(pd->impl_info_str(), dnnl::binary(*pd), {{DNNL_ARG_SRC_0, from}, {DNNL_ARG_DST, to}}, {{DNNL_ARG_SRC_1, one}});
    }
  }
  for (const Function& f : functions_) {
    const auto pd = f.describe(plan.context().engine(), layout);
    plan.add_step(pd.impl_info_str(), dnnl::eltwise_forward(pd), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}});
    from = to;
  }
}

namespace {

int sum_argument(int place) { return DNNL_ARG_ATTR_MULTIPLE_POST_OP(place) | DNNL_ARG_SRC_1; }

}  // namespace

Desc per_channel(const Plan& plan, int weight, const Desc& layout) {
  const Dims dims = layout.get_dims();
  require(dims.size() >= 2, ErrorKind::SHAPE, "values for each channel need an axis 1, got shape ", shape_string(dims));
  Dims shape(dims.size(), 1);
  shape[1] = plan.weights().count(weight);
  require(shape[1] == 1 || shape[1] == dims[1], ErrorKind::SHAPE, shape[1], " values for the channels of shape ", shape_string(dims));
  return layout.get_inner_nblks() > 0 ? plan.like(layout, shape, dnnl::memory::data_type::f32) : row_major(shape);
}

void add_prelu_step(Plan& plan, int slope, const Desc& layout, int from, int to) {
  const Desc slopes = per_channel(plan, slope, layout), rows = row_major(slopes.get_dims());
  if (plan.weights().count(slope) == 1) {  // oneDNN has no kernel but a reference one for that
    const float one = *static_cast<const float*>(plan.weight(slope, rows).get_data_handle());
    return DnnlActivation(PLAN_RELU, one, 0, 0).add_steps(plan, layout, from, to);
  }
  const dnnl::prelu_forward::primitive_desc pd(plan.context().engine(), dnnl::prop_kind::forward_inference, layout, slopes, layout);
  plan.add_step(pd.impl_info_str(), dnnl::prelu_forward(pd), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}},
                {{DNNL_ARG_WEIGHTS, plan.weight(slope, rows, slopes)}});
}

FusedPosts::FusedPosts(Plan& plan, const PlanOp& op, size_t count, const Desc& result) : plan_(plan), op_(op), count_(count) {
  dnnl::post_ops posts;
  for (size_t i = 0; i < count; ++i) {
    const PostOp& post = op.posts[i];
    places_.push_back(posts.len());
    switch (post.kind) {
      case PostOp::Kind::ACTIVATION:
        require(is_fused_activation(post, result), ErrorKind::UNSUPPORTED, "an activation that is quicker by itself");
        DnnlActivation(post).append_to(posts);
        break;
      case PostOp::Kind::PRELU: posts.append_prelu(plan.weights().count(post.weight) == 1 ? 0 : 1 << 1); break;
      case PostOp::Kind::SUM: {
        const Quantization* integers = is_integer(result.get_data_type()) ? plan.quantization(post.value) : nullptr;
        bool over = overwritten_ < 0 && plan.may_overwrite(post.value) && (integers || !is_integer(result.get_data_type()));
        for (int input : op.inputs) over = over && !plan.share_memory(input, post.value);
        for (size_t k = 0; k < op.posts.size(); ++k) {
          over = over && (k == i || op.posts[k].kind != PostOp::Kind::SUM || !plan.share_memory(op.posts[k].value, post.value));
        }
        if (over) {
          overwritten_ = int(i);
          if (integers) {
            posts.append_sum(post.a * integers->scale, 0, integers->type);
          } else {
            posts.append_sum(post.a);
          }
        } else {
          require(post.a == 1, ErrorKind::UNSUPPORTED, "a summand with a factor that cannot be overwritten");
          posts.append_binary(dnnl::algorithm::binary_add, summand_layout(i, result));
        }
        break;
      }
    }
  }
  attributes_.set_post_ops(posts);
}

Desc FusedPosts::summand_layout(size_t post, const Desc& result) const {
  if (!is_integer(result.get_data_type())) return result;
  const bool over = overwritten_ == int(post);
  return plan_.like(result, result.get_dims(), over ? plan_.quantization(op_.posts[post].value)->type : dnnl::memory::data_type::f32);
}

int FusedPosts::write(const Desc& layout, std::vector<std::pair<int, int>>& slots, Arguments& fixed, int over) const {
  int result = -1;
  for (size_t i = 0; i < count_; ++i) {
    const PostOp& post = op_.posts[i];
    if (post.kind == PostOp::Kind::PRELU) {
      fixed.emplace(DNNL_ARG_ATTR_MULTIPLE_POST_OP(places_[i]) | DNNL_ARG_WEIGHTS,
                    plan_.weight(post.weight, row_major(per_channel(plan_, post.weight, layout).get_dims())));
    } else if (post.kind == PostOp::Kind::SUM) {
      const int summand = plan_.read(post.value, summand_layout(i, layout));
      if (overwritten_ == int(i)) {
        result = plan_.write_over(summand, layout);
      } else {
        slots.emplace_back(sum_argument(places_[i]), summand);
      }
    }
  }
  return result >= 0 ? result : over >= 0 ? plan_.write_over(over, layout) : plan_.write(layout);
}

void add_post_steps(Plan& plan, const PlanOp& op, size_t from) {
  const int slot = plan.result();
  const Desc layout = plan.memory(slot).get_desc();
  const dnnl::engine& engine = plan.context().engine();
  for (size_t i = from; i < op.posts.size(); ++i) {
    const PostOp& post = op.posts[i];
    switch (post.kind) {
      case PostOp::Kind::ACTIVATION: DnnlActivation(post).add_steps(plan, layout, slot, slot); break;
      case PostOp::Kind::PRELU: add_prelu_step(plan, post.weight, layout, slot, slot); break;
      case PostOp::Kind::SUM: {
        const int summand = plan.read(post.value, layout);
        dnnl::sum::primitive_desc pd(engine, layout, {1.f, post.a}, {layout, layout});
        plan.add_step(pd.impl_info_str(), dnnl::sum(pd),
                      {{DNNL_ARG_MULTIPLE_SRC, slot}, {DNNL_ARG_MULTIPLE_SRC + 1, summand}, {DNNL_ARG_DST, slot}});
        break;
      }
    }
  }
}

}  // namespace caffe4j
