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
 * take, and the rest behind it. Of the choices the first with a kernel that is not a reference one is taken.
 *
 * @param make makes a primitive descriptor from a choice and attributes; throws dnnl::error where there is none
 * @param plain the weights as they came, with the dimensions that the primitive sees
 * @param bias its descriptor, empty for none
 */
template <class Primitive, class Make>
void add_fused(Plan& plan, const PlanOp& op, const std::vector<LayoutChoice>& choices, int weight, const dnnl::memory::desc& plain, int bias,
               const dnnl::memory::desc& bias_desc, const Make& make) {
  for (size_t fused = op.posts.size() + 1; fused-- > 0;) {
    for (const LayoutChoice& choice : choices) {
      typename Primitive::primitive_desc pd;
      std::unique_ptr<FusedPosts> posts;
      try {
        posts = std::make_unique<FusedPosts>(plan, op, fused, choice.dst);
        pd = make(choice, posts->attributes());
      } catch (const dnnl::error&) {
        continue;  // no kernel for these layouts
      } catch (const Error&) {
        break;  // these post-operations cannot be fused
      }
      if (is_reference(pd.impl_info_str())) continue;
      std::vector<std::pair<int, int>> slots{{DNNL_ARG_SRC, plan.read(op.inputs[0], pd.src_desc())}};
      Arguments fixed{{DNNL_ARG_WEIGHTS, plan.weight(weight, plain, pd.weights_desc())}};
      if (bias >= 0) fixed.emplace(DNNL_ARG_BIAS, plan.weight(bias, bias_desc));
      slots.emplace_back(DNNL_ARG_DST, posts->write(pd.dst_desc(), slots, fixed));
      plan.add_step(pd.impl_info_str(), Primitive(pd), slots, std::move(fixed));
      add_post_steps(plan, op, fused);
      return;
    }
  }
  fail(ErrorKind::UNSUPPORTED, "layer '", op.name, "': oneDNN has no fast kernel for an input of shape ", shape_string(plan.dims(op.inputs[0])));
}

inline dnnl::memory::desc any_layout(const Dims& dims, dnnl::memory::data_type type) {
  return dnnl::memory::desc(dims, type, dnnl::memory::format_tag::any);
}

}  // namespace caffe4j
