// Operations of a plan that join or reshape values: concatenation, element-wise combination, views.
#include <cstring>

#include "error.h"
#include "packed_weights.h"
#include "plan/ops.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;

namespace {

class PlanConcat final : public PlanOp {
 public:
  PlanConcat(std::string op_name, std::vector<int> op_inputs, int axis) : PlanOp(std::move(op_name), std::move(op_inputs)), axis_(axis) {}

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanConcat>(*this); }
  bool is_per_image(const Plan&) const override { return axis_ != 0; }

  Dims infer(const Plan& plan) const override {
    Dims out = plan.dims(inputs.at(0));
    require(axis_ >= 0 && size_t(axis_) < out.size(), ErrorKind::SHAPE, "layer '", name, "': there is no axis ", axis_);
    for (size_t i = 1; i < inputs.size(); ++i) {
      Dims in = plan.dims(inputs[i]);
      require(in.size() == out.size(), ErrorKind::SHAPE, "layer '", name, "': the inputs have different numbers of axes");
      out[size_t(axis_)] += in[size_t(axis_)];
    }
    return out;
  }

  bool selects() const override { return true; }
  bool is_nonnegative(bool of_nonnegative) const override { return of_nonnegative; }

  bool joins_blocks(const Plan& plan, int64_t block) const override {
    if (axis_ != 1 || plan.dims(output).size() < 3 || plan.dims(output)[0] != 1) return false;
    for (int input : inputs) {
      if (plan.dims(input)[1] % block != 0) return false;
    }
    return true;
  }

  void compile(Plan& plan) const override {
    const Desc dst = plan.preferred(plan.dims(output), plan.result_type());
    if (joins(plan, dst) && plan.write_joined(inputs, dst) >= 0) {
      return add_post_steps(plan, *this, 0);
    }
    std::vector<Desc> sources;
    std::vector<std::pair<int, int>> slots;
    for (size_t i = 0; i < inputs.size(); ++i) {
      sources.push_back(plan.preferred(plan.dims(inputs[i]), dst.get_data_type()));
      slots.emplace_back(DNNL_ARG_MULTIPLE_SRC + int(i), plan.read(inputs[i], sources.back()));
    }
    dnnl::concat::primitive_desc pd(plan.context().engine(), dst, axis_, sources);
    slots.emplace_back(DNNL_ARG_DST, plan.write(dst));
    plan.add_step(pd.impl_info_str(), dnnl::concat(pd), slots);
    add_post_steps(plan, *this, 0);
  }

 private:
  /** True where the parts lie one behind the other in the whole. */
  bool joins(const Plan& plan, const Desc& layout) const {
    return is_outermost(layout, axis_) && (axis_ != 1 || layout.get_inner_nblks() == 0 || joins_blocks(plan, layout.get_inner_blks()[0]));
  }

  int axis_;
};

class PlanEltwise final : public PlanOp {
 public:
  PlanEltwise(std::string op_name, int combination, std::vector<int> op_inputs, std::vector<float> coeff)
      : PlanOp(std::move(op_name), std::move(op_inputs)), combination_(combination), coeff_(std::move(coeff)) {}

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanEltwise>(*this); }

  Dims infer(const Plan& plan) const override {
    require(inputs.size() >= 2, ErrorKind::INVALID, "layer '", name, "': at least two inputs are combined");
    for (int input : inputs) {
      require(plan.dims(input) == plan.dims(inputs[0]), ErrorKind::SHAPE, "layer '", name, "': the inputs have different shapes");
    }
    return plan.dims(inputs[0]);
  }

  void compile(Plan& plan) const override {
    const Desc layout = plan.working_in_float(inputs[0]);
    std::vector<int> from;
    for (int input : inputs) from.push_back(plan.read(input, layout));
    if (combination_ == PLAN_SUM && (from.size() != 2 || coeff_ != std::vector<float>{1, 1})) return sum(plan, layout, from);
    const auto algorithm = combination_ == PLAN_SUM       ? dnnl::algorithm::binary_add
                           : combination_ == PLAN_PRODUCT ? dnnl::algorithm::binary_mul
                                                          : dnnl::algorithm::binary_max;
    size_t fused = 0;
    dnnl::post_ops activations;
    for (; from.size() == 2 && fused < posts.size() && is_fused_activation(posts[fused], layout); ++fused) {
      DnnlActivation(posts[fused]).append_to(activations);
    }
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(activations);
    dnnl::binary::primitive_desc pd(plan.context().engine(), algorithm, layout, layout, layout, attributes);
    const int to = plan.write(layout);
    for (size_t i = 1; i < from.size(); ++i) {
      plan.add_step(pd.impl_info_str(), dnnl::binary(pd),
                    {{DNNL_ARG_SRC_0, i == 1 ? from[0] : to}, {DNNL_ARG_SRC_1, from[i]}, {DNNL_ARG_DST, to}});
    }
    add_post_steps(plan, *this, fused);
  }

 private:
  void sum(Plan& plan, const Desc& layout, const std::vector<int>& from) const {
    dnnl::sum::primitive_desc pd(plan.context().engine(), layout, coeff_, std::vector<Desc>(from.size(), layout));
    std::vector<std::pair<int, int>> slots;
    for (size_t i = 0; i < from.size(); ++i) slots.emplace_back(DNNL_ARG_MULTIPLE_SRC + int(i), from[i]);
    slots.emplace_back(DNNL_ARG_DST, plan.write(layout));
    plan.add_step(pd.impl_info_str(), dnnl::sum(pd), slots);
    add_post_steps(plan, *this, 0);
  }

  int combination_;
  std::vector<float> coeff_;
};

/** The same values with another shape: no step where they lie in row-major order anyway. */
class PlanView final : public PlanOp {
 public:
  PlanView(std::string op_name, int input, Dims dims) : PlanOp(std::move(op_name), {input}), dims_(std::move(dims)) {}

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanView>(*this); }
  void set_batch(int64_t images) override { dims_[0] = images; }

  Dims infer(const Plan& plan) const override {
    require(count_of(dims_) == count_of(plan.dims(inputs[0])), ErrorKind::SHAPE, "layer '", name, "': values of shape ",
            shape_string(plan.dims(inputs[0])), " cannot be seen with shape ", shape_string(dims_));
    return dims_;
  }

  bool selects() const override { return true; }
  bool is_nonnegative(bool of_nonnegative) const override { return of_nonnegative; }

  void compile(Plan& plan) const override {
    require(posts.empty(), ErrorKind::INVALID, "layer '", name, "': nothing can be fused with a view");
    const auto present = plan.layout(inputs[0]).get_data_type();
    const auto type = !plan.may_share() ? dnnl::memory::data_type::f32 : is_integer(present) ? plan.result_type() : present;
    const int from = plan.read(inputs[0], row_major(plan.dims(inputs[0]), type));
    if (plan.may_share()) {
      plan.write_over(from, row_major(dims_, type));
    } else {
      const int to = plan.write(row_major(dims_));
      const dnnl::memory x = plan.memory(from), y = plan.memory(to);
      plan.add_loop("copy", {from, to}, [x, y, bytes = size_t(count_of(dims_)) * sizeof(float)] {
        std::memcpy(y.get_data_handle(), x.get_data_handle(), bytes);
      });
    }
  }

 private:
  Dims dims_;
};

}  // namespace

std::unique_ptr<PlanOp> make_plan_concat(std::string name, std::vector<int> inputs, int axis) {
  return std::make_unique<PlanConcat>(std::move(name), std::move(inputs), axis);
}
std::unique_ptr<PlanOp> make_plan_eltwise(std::string name, int combination, std::vector<int> inputs, std::vector<float> coeff) {
  require(combination >= PLAN_SUM && combination <= PLAN_MAX, ErrorKind::INVALID, "unknown combination ", combination);
  return std::make_unique<PlanEltwise>(std::move(name), combination, std::move(inputs), std::move(coeff));
}
std::unique_ptr<PlanOp> make_plan_view(std::string name, int input, Dims dims) {
  return std::make_unique<PlanView>(std::move(name), input, std::move(dims));
}

}  // namespace caffe4j
