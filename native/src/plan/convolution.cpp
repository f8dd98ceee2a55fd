// Convolution and deconvolution as operations of a plan.
#include "convolution.h"
#include "error.h"
#include "im2col.h"
#include "plan/fused.h"
#include "plan/ops.h"
#include "plan/winograd.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;
using DataType = dnnl::memory::data_type;

namespace {

class PlanConvolution final : public PlanOp {
 public:
  PlanConvolution(std::string op_name, int input, const ConvolutionOperands& operands, bool transposed)
      : PlanOp(std::move(op_name), {input}), o_(operands), pad_end_(operands.pad), transposed_(transposed) {}

  Dims infer(const Plan& plan) const override {
    const Dims& in = plan.dims(inputs[0]);
    const size_t axes = o_.kernel.size();
    require(in.size() == axes + 2 && in[1] % o_.group == 0, ErrorKind::SHAPE, "layer '", name, "': an input of shape ", shape_string(in),
            " does not fit a convolution over ", axes, " axes with group ", o_.group);
    Dims out{in[0], o_.num_output};
    for (size_t i = 0; i < axes; ++i) {
      const int64_t padding = o_.pad[i] + pad_end_[i];
      out.push_back(transposed_ ? o_.stride[i] * (in[i + 2] - 1) + extent(i) - padding : (in[i + 2] + padding - extent(i)) / o_.stride[i] + 1);
      require(out.back() > 0, ErrorKind::SHAPE, "layer '", name, "': an input of shape ", shape_string(in), " leaves no output");
    }
    return out;
  }

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanConvolution>(*this); }
  const ConvolutionOperands* as_convolution() const override { return transposed_ ? nullptr : &o_; }
  bool changes_type() const override { return true; }
  int64_t work_per_value(const Plan& plan) const override { return plan.weights().count(o_.weight) / o_.num_output; }

  bool find_rows(const Plan& plan, int64_t first, int64_t end, RowBand& band) const override {
    if (transposed_) return false;
    const int64_t begin = first * o_.stride[0] - o_.pad[0];
    band = rows_of(plan.dims(inputs[0])[2], begin, begin + (end - 1 - first) * o_.stride[0] + extent(0));
    return band.count > 0;
  }
  void set_rows(const RowBand& band, int64_t rows) override {
    (void)rows;
    o_.pad[0] = band.before;
    pad_end_[0] = band.after;
  }

  void compile(Plan& plan) const override {
    if (transposed_) {
      compile_as<dnnl::deconvolution_forward>(plan, dnnl::algorithm::deconvolution_direct);
    } else if (!add_winograd(plan, *this, o_, plain_weights(plan.dims(inputs[0])[1]))) {
      compile_as<dnnl::convolution_forward>(plan, dnnl::algorithm::convolution_direct);
    }
  }

 private:
  template <class Primitive>
  void compile_as(Plan& plan, dnnl::algorithm algorithm) const {
    const Dims &in = plan.dims(inputs[0]), &out = plan.dims(output);
    const Desc plain = plain_weights(in[1]);
    const Dims& spatial = transposed_ ? out : in;
    const Dims strides = Window{o_.kernel, o_.stride, o_.pad, o_.dilation}.strides_over(Dims(spatial.begin() + 2, spatial.end()));
    Dims dilates;
    for (int64_t d : o_.dilation) dilates.push_back(d - 1);
    const Desc bias = o_.bias >= 0 ? row_major({o_.num_output}) : Desc();
    const auto choose = [&](DataType from, DataType weights, DataType to, std::vector<LayoutChoice>& choices) {
      add_choices(plan, plain, from, weights, to, choices);
    };
    add_fused<Primitive>(plan, *this, o_.weight, plain, o_.group == 1 ? 1 : 2, o_.bias, bias, choose,
                         [&](const LayoutChoice& c, const dnnl::primitive_attr& attributes) {
      return typename Primitive::primitive_desc(plan.context().engine(), dnnl::prop_kind::forward_inference, algorithm, c.src, c.weights, bias,
                                                c.dst, strides, dilates, o_.pad, pad_end_, attributes);
    });
  }

  /** The layouts to try for sources, weights and results of these types. */
  void add_choices(const Plan& plan, const Desc& plain, DataType from, DataType by, DataType to, std::vector<LayoutChoice>& choices) const {
    const Dims &in = plan.dims(inputs[0]), &out = plan.dims(output);
    const Desc weights = any_layout(plain.get_dims(), by), packed = plan.weights().packed(o_.weight);
    const Desc src = plan.working(inputs[0], from), dst = plan.preferred(out, to), any_in = any_layout(in, from), any_out = any_layout(out, to);
    if (transposed_ && data_gradient_overruns(o_.num_output, o_.group)) {
      choices.push_back({row_major(in, from), weights, row_major(out, to)});
      return;
    }
    // Weights that another shape's plan packed stay as they are if a kernel takes them so.
    if (!packed.is_zero() && packed.get_dims() == plain.get_dims() && packed.get_data_type() == by) choices.push_back({src, packed, dst});
    choices.push_back({src, weights, dst});
    const Desc other = plan.like(src, out, to);
    if (other != dst) choices.push_back({src, weights, other});
    choices.push_back({plan.preferred(in, from), weights, dst});
    choices.push_back({any_in, weights, dst});
    choices.push_back({src, weights, any_out});
    choices.push_back({any_in, weights, any_out});
    choices.push_back({row_major(in, from), weights, any_out});
    choices.push_back({row_major(in, from), weights, row_major(out, to)});
  }

  /** The weights as Caffe keeps them, in oneDNN's dimensions: [group,] outputs, inputs, kernel. */
  Desc plain_weights(int64_t channels) const {
    const int64_t g = o_.group, outputs = o_.num_output / g, from = channels / g, points = count_of(o_.kernel);
    Dims dims{g, outputs, from}, strides{outputs * from * points, from * points, points};
    if (transposed_) strides = {outputs * from * points, points, outputs * points};
    if (g == 1) {
      dims.erase(dims.begin());
      strides.erase(strides.begin());
    }
    int64_t inner = points;
    for (int64_t k : o_.kernel) {
      inner /= k;
      dims.push_back(k);
      strides.push_back(inner);
    }
    return Desc(dims, dnnl::memory::data_type::f32, strides);
  }

  int64_t extent(size_t axis) const { return o_.dilation[axis] * (o_.kernel[axis] - 1) + 1; }

  ConvolutionOperands o_;
  Dims pad_end_;  // o_.pad is what lies before the data
  bool transposed_;
};

}  // namespace

std::unique_ptr<PlanOp> make_plan_convolution(std::string name, int input, const ConvolutionOperands& operands, bool transposed) {
  return std::make_unique<PlanConvolution>(std::move(name), input, operands, transposed);
}

}  // namespace caffe4j
