// The operation of a plan that reduces the last axes of a value to one number.
#include "reduction.h"

#include "caffe4j/reduction.h"
#include "error.h"
#include "plan/ops.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;

namespace {

class PlanReduction final : public PlanOp {
 public:
  PlanReduction(std::string op_name, int input, int operation, int axis, float coeff)
      : PlanOp(std::move(op_name), {input}), operation_(operation), axis_(axis), coeff_(coeff) {}

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanReduction>(*this); }
  bool is_per_image(const Plan&) const override { return axis_ != 0; }
  bool is_nonnegative(bool of_nonnegative) const override { return coeff_ >= 0 && (of_nonnegative || operation_ != REDUCTION_SUM); }

  Dims infer(const Plan& plan) const override {
    const Dims& in = plan.dims(inputs[0]);
    require(axis_ >= 0 && size_t(axis_) <= in.size(), ErrorKind::SHAPE, "layer '", name, "': there is no axis ", axis_);
    return {in.begin(), in.begin() + axis_};
  }

  void compile(Plan& plan) const override {
    const Dims& in = plan.dims(inputs[0]);
    Desc layout = plan.in_float(plan.working_in_float(inputs[0]));
    ChannelLayout channels;
    const bool by_channels = axis_ == 2 && ChannelLayout::of(layout, channels) && channels.block > 1;
    const bool in_pieces = axis_ < 2 && layout.get_padded_dims() == layout.get_dims();
    if (!by_channels && !in_pieces) layout = row_major(in);
    const int from = plan.read(inputs[0], layout), to = plan.write(row_major(plan.dims(output)));
    const dnnl::memory x = plan.memory(from), y = plan.memory(to);
    const int64_t parts = count_of(plan.dims(output)), size = parts == 0 ? 0 : count_of(in) / parts;
    plan.add_loop("reduction", {from, to}, [=, context = &plan.context(), operation = operation_, coeff = coeff_] {
      const float* values = static_cast<const float*>(x.get_data_handle());
      float* reduced = static_cast<float*>(y.get_data_handle());
      if (by_channels) {
        reduce_channels(*context, operation, channels, values, reduced, coeff);
      } else {
        reduce_parts(*context, operation, values, parts, size, reduced, coeff);
      }
    });
    add_post_steps(plan, *this, 0);
  }

 private:
  int operation_, axis_;
  float coeff_;
};

}  // namespace

std::unique_ptr<PlanOp> make_plan_reduction(std::string name, int input, int operation, int axis, float coeff) {
  require(operation >= REDUCTION_SUM && operation <= REDUCTION_SUMSQ, ErrorKind::INVALID, "there is no reduction ", operation);
  return std::make_unique<PlanReduction>(std::move(name), input, operation, axis, coeff);
}

}  // namespace caffe4j
