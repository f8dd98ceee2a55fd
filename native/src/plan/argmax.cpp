// The operation of a plan that chooses the largest values along an axis.
#include "argmax.h"

#include "error.h"
#include "plan/ops.h"

namespace caffe4j {

namespace {

class PlanArgMax final : public PlanOp {
 public:
  PlanArgMax(std::string op_name, int input, const ArgMaxChoice& choice) : PlanOp(std::move(op_name), {input}), choice_(choice) {}

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanArgMax>(*this); }
  bool needs_float() const override { return true; }  // rounded values are equal where others are not
  bool is_per_image(const Plan&) const override { return choice_.axis != 0; }
  void set_batch(int64_t images) override { choice_.dims[0] = images; }

  Dims infer(const Plan& plan) const override {
    const Dims& in = plan.dims(inputs[0]);
    require(!in.empty() && choice_.axis < int(in.size()), ErrorKind::SHAPE, "layer '", name, "': there is no axis ", choice_.axis);
    const Split3 split = split_of(in);
    const int64_t rows = choice_.top_k * (int(choice_.indices) + int(choice_.values));
    require(choice_.top_k > 0 && choice_.top_k <= split.channels && count_of(choice_.dims) == split.items() * rows, ErrorKind::SHAPE, "layer '", name,
            "': an input of shape ", shape_string(in), " does not give the ", choice_.top_k, " largest values in shape ", shape_string(choice_.dims));
    return choice_.dims;
  }

  void compile(Plan& plan) const override {
    const Dims& in = plan.dims(inputs[0]);
    const int from = plan.read(inputs[0], row_major(in)), to = plan.write(row_major(plan.dims(output)));
    const dnnl::memory x = plan.memory(from), y = plan.memory(to);
    plan.add_loop("argmax", {from, to}, [=, context = &plan.context(), split = split_of(in), choice = choice_] {
      find_largest(*context, split, static_cast<const float*>(x.get_data_handle()), static_cast<float*>(y.get_data_handle()), choice.top_k,
                   choice.indices, choice.values);
    });
    add_post_steps(plan, *this, 0);
  }

 private:
  Split3 split_of(const Dims& in) const {
    if (choice_.axis < 0) return {in[0], count_of(in, 1, in.size()), 1};
    const auto axis = size_t(choice_.axis);
    return {count_of(in, 0, axis), in[axis], count_of(in, axis + 1, in.size())};
  }

  ArgMaxChoice choice_;
};

}  // namespace

std::unique_ptr<PlanOp> make_plan_argmax(std::string name, int input, const ArgMaxChoice& choice) {
  return std::make_unique<PlanArgMax>(std::move(name), input, choice);
}

}  // namespace caffe4j
