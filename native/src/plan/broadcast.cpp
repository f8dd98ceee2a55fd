// The operation of a plan that combines a value with another one, or a weight, of the shape of some of its axes.
#include <algorithm>

#include "error.h"
#include "packed_weights.h"
#include "plan/ops.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;
using DataType = dnnl::memory::data_type;

namespace {

class PlanBroadcast final : public PlanOp {
 public:
  PlanBroadcast(std::string op_name, std::vector<int> op_inputs, const BroadcastOperands& operands)
      : PlanOp(std::move(op_name), std::move(op_inputs)), o_(operands) {}

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanBroadcast>(*this); }

  Dims infer(const Plan& plan) const override {
    const Dims &x = plan.dims(inputs[0]), &operand = operand_dims(plan);
    const bool inside = o_.axis >= 0 && size_t(o_.axis) + operand.size() <= x.size();
    require(inside && std::equal(operand.begin(), operand.end(), x.begin() + o_.axis), ErrorKind::SHAPE, "layer '", name, "': an operand of shape ",
            shape_string(operand), " does not fit an input of shape ", shape_string(x), " from axis ", o_.axis, " on");
    for (int weight : {o_.weight, o_.shift}) {
      require(weight < 0 || plan.weights().count(weight) == count_of(operand), ErrorKind::SHAPE, "layer '", name, "': an operand of shape ",
              shape_string(operand), " has another number of values than its weight");
    }
    return x;
  }

  /** Each image has a part of an operand that begins at axis 0 if that is a value, and the whole of another if that is a weight. */
  bool is_per_image(const Plan&) const override { return has_value() ? o_.axis == 0 : o_.axis > 0 || o_.dims.empty(); }
  bool is_nonnegative(bool of_nonnegative) const override { return of_nonnegative && has_value() && o_.shift < 0; }
  bool overwrites_input() const override { return true; }

  void compile(Plan& plan) const override {
    Form form = natural(plan);
    const bool merged = !has_kernels(plan, form);
    if (merged) form = merge(plan);
    dnnl::binary::primitive_desc pd;
    std::unique_ptr<FusedPosts> attributes;
    size_t fused = merged || o_.shift >= 0 ? 0 : posts.size();
    while (!describe(plan, form, fused, attributes, pd)) --fused;

    const Desc whole = merged ? row_major(plan.dims(output), form.x.get_data_type()) : form.x;
    const int from = plan.read(inputs[0], whole);
    std::vector<std::pair<int, int>> slots{{DNNL_ARG_SRC_0, merged ? plan.view(from, form.x) : from}};
    Arguments fixed;
    if (has_value()) {
      slots.emplace_back(DNNL_ARG_SRC_1, read_operand(plan, form));
    } else {
      fixed.emplace(DNNL_ARG_SRC_1, plan.weight(o_.weight, row_major(form.operand.get_dims()), form.operand));
    }
    int to = attributes->write(whole, slots, fixed, may_overwrite(plan) ? from : -1);
    if (merged) to = plan.view(to, form.x);
    slots.emplace_back(DNNL_ARG_DST, to);
    plan.add_step(pd.impl_info_str(), dnnl::binary(pd), slots, std::move(fixed));
    if (o_.shift >= 0) add_shift(plan, form, to);
    add_post_steps(plan, *this, fused);
  }

 private:
  /** How kernels see the value, its operand and its shift. */
  struct Form {
    Desc x, operand, shift;
  };

  bool has_value() const { return inputs.size() > 1; }
  const Dims& operand_dims(const Plan& plan) const { return has_value() ? plan.dims(inputs[1]) : o_.dims; }

  /** True if the result may take the place of the value: nobody reads it later, as it is an operand or a summand behind other functions. */
  bool may_overwrite(const Plan& plan) const {
    const int x = inputs[0];
    const bool read = has_value() && plan.share_memory(x, inputs[1]);
    return plan.may_overwrite(x) && !read && std::none_of(posts.begin(), posts.end(), [&](const PostOp& post) {
             return post.kind == PostOp::Kind::SUM && plan.share_memory(x, post.value);
           });
  }

  DataType operand_type(const Plan& plan) const {
    return has_value() ? plan.working_in_float(inputs[1]).get_data_type() : DataType::f32;
  }

  /** The value as it lies, and an operand of its layout with a length of 1 where it is repeated. */
  Form natural(const Plan& plan) const {
    const Dims &dims = plan.dims(inputs[0]), &operand = operand_dims(plan);
    Dims spread(dims.size(), 1);
    std::copy(operand.begin(), operand.end(), spread.begin() + o_.axis);
    const Desc present = plan.working_in_float(inputs[0]), rows = row_major(dims, present.get_data_type());
    const Desc like = plan.like(present, dims, present.get_data_type());
    const bool padded = like.get_padded_dims() != like.get_dims();
    if (same_places(present, rows) || (padded && !keeps_zeros())) return {rows, row_major(spread, operand_type(plan)), row_major(spread)};
    return {like, plan.like(present, spread, operand_type(plan)), plan.like(present, spread, DataType::f32)};
  }

  /** True if zeros of the value stay such. */
  bool keeps_zeros() const {
    const auto keeps = [](const PostOp& post) { return post.kind != PostOp::Kind::ACTIVATION || DnnlActivation(post).keeps_zero(); };
    return o_.combination == PLAN_PRODUCT && o_.shift < 0 && std::all_of(posts.begin(), posts.end(), keeps);
  }

  /** Row-major values as outer x operand x inner. */
  Form merge(const Plan& plan) const {
    const Dims& dims = plan.dims(inputs[0]);
    const size_t from = size_t(o_.axis), to = from + operand_dims(plan).size();
    Dims x{count_of(dims, 0, from), count_of(dims, from, to)}, operand{1, x[1]};
    if (const int64_t inner = count_of(dims, to, dims.size()); inner > 1) {
      x.push_back(inner);
      operand.push_back(1);
    }
    return {row_major(x, plan.working_in_float(inputs[0]).get_data_type()), row_major(operand, operand_type(plan)), row_major(operand)};
  }

  bool has_kernels(const Plan& plan, const Form& form) const {
    try {
      return !is_reference(primitive(plan, form, {}).impl_info_str()) && (o_.shift < 0 || !is_reference(add_primitive(plan, form).impl_info_str()));
    } catch (const dnnl::error&) {
      return false;  // no kernel for this repetition
    }
  }

  dnnl::binary::primitive_desc primitive(const Plan& plan, const Form& form, const dnnl::primitive_attr& attributes) const {
    const auto algorithm = o_.combination == PLAN_SUM ? dnnl::algorithm::binary_add : dnnl::algorithm::binary_mul;
    return {plan.context().engine(), algorithm, form.x, form.operand, form.x, attributes};
  }

  /** Finds a kernel that takes the first `fused` post-operations; false if there is none but a reference one, which is taken without any. */
  bool describe(Plan& plan, const Form& form, size_t fused, std::unique_ptr<FusedPosts>& attributes, dnnl::binary::primitive_desc& pd) const {
    try {
      attributes = std::make_unique<FusedPosts>(plan, *this, fused, form.x);
      pd = primitive(plan, form, attributes->attributes());
      return fused == 0 || !is_reference(pd.impl_info_str());
    } catch (const dnnl::error&) {
      if (fused == 0) throw;
    } catch (const Error&) {  // these post-operations cannot be fused
      if (fused == 0) throw;
    }
    return false;
  }

  int read_operand(Plan& plan, const Form& form) const {
    if (operand_dims(plan) == form.x.get_dims()) return plan.read(inputs[1], form.operand);
    const int rows = plan.read(inputs[1], row_major(operand_dims(plan), form.operand.get_data_type()));
    return plan.lay_out(plan.view(rows, row_major(form.operand.get_dims(), form.operand.get_data_type())), form.operand);
  }

  dnnl::binary::primitive_desc add_primitive(const Plan& plan, const Form& form) const {
    return {plan.context().engine(), dnnl::algorithm::binary_add, form.x, form.shift, form.x};
  }

  void add_shift(Plan& plan, const Form& form, int to) const {
    const auto pd = add_primitive(plan, form);
    const dnnl::memory shift = plan.weight(o_.shift, row_major(form.shift.get_dims()), form.shift);
    plan.add_step(pd.impl_info_str(), dnnl::binary(pd), {{DNNL_ARG_SRC_0, to}, {DNNL_ARG_DST, to}}, {{DNNL_ARG_SRC_1, shift}});
  }

  BroadcastOperands o_;
};

}  // namespace

std::unique_ptr<PlanOp> make_plan_broadcast(std::string name, std::vector<int> inputs, const BroadcastOperands& operands) {
  require(operands.combination == PLAN_SUM || operands.combination == PLAN_PRODUCT, ErrorKind::INVALID, "unknown combination ", operands.combination);
  return std::make_unique<PlanBroadcast>(std::move(name), std::move(inputs), operands);
}

}  // namespace caffe4j
