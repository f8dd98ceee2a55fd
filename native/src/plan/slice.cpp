// The operation of a plan that takes a part of a value.
#include "error.h"
#include "plan/ops.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;

namespace {

constexpr int64_t kBlock = 16;

/** `count` values from `begin` on along an axis. */
struct Cut {
  int axis;
  int64_t begin, count;
};

/** A part of a value: no step where it lies in one piece, which it can if it is cut out along one axis. */
class PlanSlice final : public PlanOp {
 public:
  PlanSlice(std::string op_name, int input, std::vector<Cut> cuts) : PlanOp(std::move(op_name), {input}), cuts_(std::move(cuts)) {}

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanSlice>(*this); }
  bool is_per_image(const Plan&) const override { return cuts_.empty() || cuts_[0].axis != 0; }
  bool selects() const override { return true; }
  bool is_nonnegative(bool of_nonnegative) const override { return of_nonnegative; }

  Dims infer(const Plan& plan) const override {
    Dims dims = plan.dims(inputs[0]);
    for (const Cut& cut : cuts_) {
      require(cut.axis >= 0 && size_t(cut.axis) < dims.size() && cut.begin >= 0 && cut.count > 0 && cut.count <= dims[size_t(cut.axis)] - cut.begin,
              ErrorKind::SHAPE, "layer '", name, "': an input of shape ", shape_string(dims), " has no ", cut.count, " values from ", cut.begin,
              " on along axis ", cut.axis);
      dims[size_t(cut.axis)] = cut.count;
    }
    return dims;
  }

  void compile(Plan& plan) const override {
    const auto type = plan.result_type();
    const Desc present = is_integer(type) ? plan.layout(inputs[0]) : plan.working_in_float(inputs[0]);
    const bool shared = plan.may_share() && (cuts_.empty() ? share_all(plan, present) : cuts_.size() == 1 && share(plan, cuts_[0], type, present));
    if (!shared) copy(plan, present);
    add_post_steps(plan, *this, 0);
  }

 private:
  bool share_all(Plan& plan, const Desc& present) const {
    plan.write_over(plan.read(inputs[0], present), present);
    return true;
  }

  bool share(Plan& plan, const Cut& cut, dnnl::memory::data_type type, const Desc& present) const {
    const Dims &in = plan.dims(inputs[0]), &out = plan.dims(output);
    const bool by_blocks = plan.preferred(in, type).get_inner_nblks() > 0;
    // An image stays as it is where convolutions read images so; of other values the rows lie together once they are in the plan's layout.
    const Desc layout = is_outermost(present, cut.axis) && (by_blocks || cut.axis != 0) ? present : plan.working(inputs[0], type);
    const bool blocks_of_channels = cut.axis == 1 && layout.get_inner_nblks() > 0;
    if (!is_outermost(layout, cut.axis) || (blocks_of_channels && splits_block(cut, in)) || (cut.axis != 0 && present != layout)) return false;
    const int from = plan.read(inputs[0], layout);
    const int64_t step = blocks_of_channels ? cut.begin / kBlock : cut.begin;
    const auto bytes = int64_t(dnnl::memory::data_type_size(layout.get_data_type()));
    plan.write_part(from, of_same_family(plan, layout, out), step * layout.get_strides()[size_t(cut.axis)] * bytes);
    return true;
  }

  /** True where a part of the channels does not begin with a block, or ends within one that goes on. */
  static bool splits_block(const Cut& cut, const Dims& in) {
    return cut.begin % kBlock != 0 || (cut.count % kBlock != 0 && cut.begin + cut.count != in[1]);
  }

  static Desc of_same_family(const Plan& plan, const Desc& layout, const Dims& dims) {
    const Dims whole = layout.get_dims();
    return same_places(layout, row_major(whole, layout.get_data_type())) ? row_major(dims, layout.get_data_type())
                                                                          : plan.like(layout, dims, layout.get_data_type());
  }

  void copy(Plan& plan, const Desc& present) const {
    const Dims &in = plan.dims(inputs[0]), &out = plan.dims(output);
    Dims offset(in.size(), 0);
    bool whole_blocks = true;
    for (const Cut& cut : cuts_) {
      offset[size_t(cut.axis)] = cut.begin;
      whole_blocks = whole_blocks && (cut.axis != 1 || !splits_block(cut, in));
    }
    const bool stays = present.get_inner_nblks() == 0 || whole_blocks;
    const int from = plan.read(inputs[0], stays ? present : row_major(in, present.get_data_type()));
    const int part = plan.view(from, plan.memory(from).get_desc().submemory_desc(out, offset));
    const int to = plan.write(plan.preferred(out, plan.result_type()));
    dnnl::reorder::primitive_desc pd(plan.context().engine(), plan.memory(part).get_desc(), plan.context().engine(), plan.memory(to).get_desc());
    plan.add_step(std::string("slice ") + pd.impl_info_str(), dnnl::reorder(pd), {{DNNL_ARG_FROM, part}, {DNNL_ARG_TO, to}});
  }

  std::vector<Cut> cuts_;  // of different axes, the first ones first
};

}  // namespace

std::unique_ptr<PlanOp> make_plan_slice(std::string name, int input, int axis, int64_t begin, int64_t count) {
  return std::make_unique<PlanSlice>(std::move(name), input, std::vector<Cut>{{axis, begin, count}});
}

std::unique_ptr<PlanOp> make_plan_slice(std::string name, int input, const Dims& whole, const Dims& begin, const Dims& dims) {
  require(begin.size() == whole.size() && dims.size() == whole.size(), ErrorKind::SHAPE, "layer '", name, "': a part of shape ", shape_string(dims),
          " is no part of shape ", shape_string(whole));
  std::vector<Cut> cuts;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (begin[i] != 0 || dims[i] != whole[i]) cuts.push_back({int(i), begin[i], dims[i]});
  }
  return std::make_unique<PlanSlice>(std::move(name), input, std::move(cuts));
}

}  // namespace caffe4j
