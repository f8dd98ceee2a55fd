// Inner product as an operation of a plan: plain weights for few rows, where memory speed is the limit, packed ones for more.
#include "error.h"
#include "plan/fused.h"
#include "plan/ops.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;
using DataType = dnnl::memory::data_type;

namespace {

class PlanInnerProduct final : public PlanOp {
 public:
  PlanInnerProduct(std::string op_name, int input, int weight, int bias, int64_t outputs, bool transposed)
      : PlanOp(std::move(op_name), {input}), weight_(weight), bias_(bias), outputs_(outputs), transposed_(transposed) {}

  Dims infer(const Plan& plan) const override {
    const Dims& in = plan.dims(inputs[0]);
    require(in.size() >= 2 && in.size() <= 5 && count_of(in, 1, in.size()) * outputs_ == plan.weights().count(weight_), ErrorKind::SHAPE, "layer '", name,
            "': an input of shape ", shape_string(in), " does not fit weights of ", plan.weights().count(weight_), " values for ", outputs_,
            " outputs");
    return {in[0], outputs_};
  }

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanInnerProduct>(*this); }
  bool changes_type() const override { return true; }
  /** Weights are read once for all rows, unless they stay in the caches, as those of squeeze-and-excitation blocks do. */
  bool is_per_image(const Plan& plan) const override { return plan.weights().count(weight_) <= kSmall; }
  int64_t work_per_value(const Plan& plan) const override { return plan.weights().count(weight_) / outputs_; }

  void compile(Plan& plan) const override {
    const Dims& in = plan.dims(inputs[0]);
    const Desc plain = plain_weights(in, count_of(in, 1, in.size())), bias = bias_ >= 0 ? row_major({outputs_}) : Desc();
    const auto choose = [&](DataType from, DataType weights, DataType to, std::vector<LayoutChoice>& choices) {
      add_choices(plan, plain, from, weights, to, choices);
    };
    add_fused<dnnl::inner_product_forward>(plan, *this, weight_, plain, 1, bias_, bias, choose,
                                           [&](const LayoutChoice& c, const dnnl::primitive_attr& attributes) {
                                             return dnnl::inner_product_forward::primitive_desc(
                                                 plan.context().engine(), dnnl::prop_kind::forward_inference, c.src, c.weights, bias, c.dst, attributes);
                                           });
  }

 private:
  /** The layouts to try for sources, weights and results of these types. */
  void add_choices(const Plan& plan, const Desc& plain, DataType from, DataType by, DataType to, std::vector<LayoutChoice>& choices) const {
    const Dims& in = plan.dims(inputs[0]);
    const Desc packed = plan.weights().packed(weight_), any = any_layout(plain.get_dims(), by), now = plan.layout(inputs[0]);
    const Desc rows = row_major(in, from), dst = row_major({in[0], outputs_}, to);
    const bool in_rows = same_places(now, row_major(in, now.get_data_type()));
    const Desc present = now.get_data_type() == from ? now : in_rows ? rows : plan.like(now, in, from);
    if (!packed.is_zero() && packed.get_dims() == plain.get_dims() && packed.get_data_type() == by) {
      choices.push_back({present, packed, dst});
      choices.push_back({any_layout(in, from), packed, dst});
    } else if (in[0] < kPackFrom && by == plain.get_data_type()) {
      choices.push_back({rows, plain, dst});
    }
    choices.push_back({present, any, dst});
    choices.push_back({rows, any, dst});
    if (by == plain.get_data_type()) choices.push_back({rows, plain, dst});
  }

  static constexpr int64_t kSmall = 64 << 10;  // weights

  /** From this many rows on packed weights are quicker. */
  static constexpr int64_t kPackFrom = 4;

  Desc plain_weights(const Dims& in, int64_t k) const {
    Dims dims = in;
    dims[0] = outputs_;
    if (!transposed_) return row_major(dims);
    Dims strides(dims.size(), 1);
    int64_t inner = k;
    for (size_t i = 1; i < dims.size(); ++i) {
      inner /= dims[i];
      strides[i] = inner * outputs_;
    }
    return Desc(dims, dnnl::memory::data_type::f32, strides);
  }

  int weight_, bias_;
  int64_t outputs_;
  bool transposed_;
};

}  // namespace

std::unique_ptr<PlanOp> make_plan_inner_product(std::string name, int input, int weight, int bias, int64_t outputs, bool transposed) {
  return std::make_unique<PlanInnerProduct>(std::move(name), input, weight, bias, outputs, transposed);
}

}  // namespace caffe4j
