#pragma once
#include "packed_weights.h"
#include "plan/plan.h"

namespace caffe4j {

/** Layouts to try for an operation's source, weights and result. */
struct LayoutChoice {
  dnnl::memory::desc src, weights, dst;
};

/**
 * Adds the step of a primitive with source, weights and bias, with as many of the operation's post-operations fused as its fast kernels
 * take, and the rest behind it. Of the choices the first with a kernel is taken; false where there is none.
 * A choice with weights of integers multiplies integers: source and result, where that is of integers, mean what the plan says.
 *
 * @param make makes a primitive descriptor from a choice and attributes; throws dnnl::error where there is none
 * @param plain the weights as they came, with the dimensions that the primitive sees
 * @param leading the axes of `plain` that count the output channels
 * @param bias its descriptor, empty for none
 * @param reference whether oneDNN's reference kernels, which are slow, are taken too
 */
template <class Primitive, class Make>
bool add_fused(Plan& plan, const PlanOp& op, const std::vector<LayoutChoice>& choices, int weight, const dnnl::memory::desc& plain, int leading,
               int bias, const dnnl::memory::desc& bias_desc, bool reference, const Make& make) {
  for (size_t fused = op.posts.size() + 1; fused-- > 0;) {
    for (const LayoutChoice& choice : choices) {
      const bool integers = is_integer(choice.weights.get_data_type()), to_integers = is_integer(choice.dst.get_data_type());
      if (to_integers && fused < op.posts.size()) continue;  // the rest would compute with integers
      typename Primitive::primitive_desc pd;
      std::unique_ptr<FusedPosts> posts;
      try {
        posts = std::make_unique<FusedPosts>(plan, op, fused, choice.dst);
        dnnl::primitive_attr attributes = posts->attributes();
        if (integers) {
          attributes.set_scales_mask(DNNL_ARG_SRC, 0);
          attributes.set_scales_mask(DNNL_ARG_WEIGHTS, (1 << leading) - 1);
        }
        if (to_integers) attributes.set_scales_mask(DNNL_ARG_DST, 0);
        pd = make(choice, attributes);
      } catch (const dnnl::error&) {
        continue;  // no kernel for these layouts
      } catch (const Error&) {
        break;  // these post-operations cannot be fused
      }
      if (!reference && is_reference(pd.impl_info_str())) continue;
      std::vector<std::pair<int, int>> slots{{DNNL_ARG_SRC, plan.read(op.inputs[0], pd.src_desc())}};
      Arguments fixed;
      fixed.emplace(DNNL_ARG_WEIGHTS, integers ? plan.quantized_weight(weight, plain, pd.weights_desc(), leading, fixed)
                                               : plan.weight(weight, plain, pd.weights_desc()));
      if (integers) fixed.emplace(DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC, plan.constant({plan.quantization(op.inputs[0])->scale}));
      if (to_integers) fixed.emplace(DNNL_ARG_ATTR_SCALES | DNNL_ARG_DST, plan.constant({plan.quantization(op.output)->scale}));
      if (bias >= 0) fixed.emplace(DNNL_ARG_BIAS, plan.weight(bias, bias_desc));
      slots.emplace_back(DNNL_ARG_DST, posts->write(pd.dst_desc(), slots, fixed));
      plan.add_step(pd.impl_info_str(), Primitive(pd), slots, std::move(fixed));
      add_post_steps(plan, op, fused);
      return true;
    }
  }
  return false;
}

/**
 * As the other add_fused, with integers where the plan has the input so and there is a kernel, else in the plan's type, and by a reference
 * kernel where there is no other; throws UNSUPPORTED where there is no kernel at all.
 *
 * @param choose adds the choices for sources, weights and results of given types
 */
template <class Primitive, class Choose, class Make>
void add_fused(Plan& plan, const PlanOp& op, int weight, const dnnl::memory::desc& plain, int leading, int bias,
               const dnnl::memory::desc& bias_desc, const Choose& choose, const Make& make) {
  using DataType = dnnl::memory::data_type;
  const auto add = [&](DataType from, DataType weights, DataType to, bool reference = false) {
    std::vector<LayoutChoice> choices;
    choose(from, weights, to, choices);
    return add_fused<Primitive>(plan, op, choices, weight, plain, leading, bias, bias_desc, reference, make);
  };
  if (const Quantization* integers = plan.quantization(op.inputs[0])) {
    if (add(integers->type, DataType::s8, plan.result_type()) || add(integers->type, DataType::s8, DataType::f32)) return;
  }
  const DataType result = is_integer(plan.result_type()) ? DataType::f32 : plan.result_type();
  if (add(plan.type(), plan.type(), result) || add(DataType::f32, DataType::f32, DataType::f32)) return;
  if (add(DataType::f32, DataType::f32, DataType::f32, true)) return;
  fail(ErrorKind::UNSUPPORTED, "layer '", op.name, "': oneDNN has no kernel for an input of shape ", shape_string(plan.dims(op.inputs[0])));
}

inline dnnl::memory::desc any_layout(const Dims& dims, dnnl::memory::data_type type) {
  return dnnl::memory::desc(dims, type, dnnl::memory::format_tag::any);
}

}  // namespace caffe4j
