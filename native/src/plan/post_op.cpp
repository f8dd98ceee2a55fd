#include "plan/post_op.h"

#include "caffe4j/elementwise.h"
#include "error.h"
#include "plan/plan.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;

DnnlActivation::DnnlActivation(int function, float a, float b, float c) : alpha(0), beta(0) {
  switch (function) {
    case PLAN_RELU:
      algorithm = dnnl::algorithm::eltwise_relu;
      alpha = a;
      return;
    case ELEMENTWISE_SIGMOID: algorithm = dnnl::algorithm::eltwise_logistic; return;
    case ELEMENTWISE_TANH: algorithm = dnnl::algorithm::eltwise_tanh; return;
    case ELEMENTWISE_ABSVAL: algorithm = dnnl::algorithm::eltwise_abs; return;
    case ELEMENTWISE_CLIP:
      algorithm = dnnl::algorithm::eltwise_clip;
      alpha = a;
      beta = b;
      return;
    case ELEMENTWISE_ELU:
      algorithm = dnnl::algorithm::eltwise_elu;
      alpha = a;
      return;
    case ELEMENTWISE_SWISH:
      algorithm = dnnl::algorithm::eltwise_swish;
      alpha = a;
      return;
    case ELEMENTWISE_POWER:
      require(a == 1, ErrorKind::UNSUPPORTED, "a plan has no power but 1");
      algorithm = dnnl::algorithm::eltwise_linear;
      alpha = b;
      beta = c;
      return;
    default: fail(ErrorKind::UNSUPPORTED, "a plan has no element-wise function ", function);
  }
}

bool DnnlActivation::is_nonnegative() const {
  switch (algorithm) {
    case dnnl::algorithm::eltwise_relu: return alpha == 0;
    case dnnl::algorithm::eltwise_clip: return alpha >= 0;
    case dnnl::algorithm::eltwise_abs:
    case dnnl::algorithm::eltwise_logistic: return true;
    default: return false;
  }
}

namespace {

/** One slope for each channel, as a vector of oneDNN's dimensions. */
Desc per_channel(const Plan& plan, int weight, const Dims& dims) {
  Dims shape(dims.size(), 1);
  shape[1] = plan.weights().count(weight);
  return row_major(shape);
}

int sum_argument(size_t post) { return DNNL_ARG_ATTR_MULTIPLE_POST_OP(int(post)) | DNNL_ARG_SRC_1; }

}  // namespace

FusedPosts::FusedPosts(Plan& plan, const PlanOp& op, size_t count, const Desc& result) : plan_(plan), op_(op), count_(count) {
  dnnl::post_ops posts;
  for (size_t i = 0; i < count; ++i) {
    const PostOp& post = op.posts[i];
    switch (post.kind) {
      case PostOp::Kind::ACTIVATION: {
        const DnnlActivation f(post.function, post.a, post.b, post.c);
        posts.append_eltwise(f.algorithm, f.alpha, f.beta);
        break;
      }
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

int FusedPosts::write(const Desc& layout, std::vector<std::pair<int, int>>& slots, Arguments& fixed) const {
  int result = -1;
  for (size_t i = 0; i < count_; ++i) {
    const PostOp& post = op_.posts[i];
    if (post.kind == PostOp::Kind::PRELU) {
      fixed.emplace(DNNL_ARG_ATTR_MULTIPLE_POST_OP(int(i)) | DNNL_ARG_WEIGHTS,
                    plan_.weight(post.weight, per_channel(plan_, post.weight, plan_.dims(op_.output))));
    } else if (post.kind == PostOp::Kind::SUM) {
      const int summand = plan_.read(post.value, summand_layout(i, layout));
      if (overwritten_ == int(i)) {
        result = plan_.write_over(summand, layout);
      } else {
        slots.emplace_back(sum_argument(i), summand);
      }
    }
  }
  return result >= 0 ? result : plan_.write(layout);
}

void add_post_steps(Plan& plan, const PlanOp& op, size_t from) {
  const int slot = plan.result();
  const Desc layout = plan.memory(slot).get_desc();
  const dnnl::engine& engine = plan.context().engine();
  for (size_t i = from; i < op.posts.size(); ++i) {
    const PostOp& post = op.posts[i];
    switch (post.kind) {
      case PostOp::Kind::ACTIVATION: {
        const DnnlActivation f(post.function, post.a, post.b, post.c);
        dnnl::eltwise_forward::primitive_desc pd(engine, dnnl::prop_kind::forward_inference, f.algorithm, layout, layout, f.alpha, f.beta);
        plan.add_step(pd.impl_info_str(), dnnl::eltwise_forward(pd), {{DNNL_ARG_SRC, slot}, {DNNL_ARG_DST, slot}});
        break;
      }
      case PostOp::Kind::PRELU: {
        const Desc slopes = per_channel(plan, post.weight, plan.dims(op.output));
        dnnl::prelu_forward::primitive_desc pd(engine, dnnl::prop_kind::forward_inference, layout, slopes, layout);
        plan.add_step(pd.impl_info_str(), dnnl::prelu_forward(pd), {{DNNL_ARG_SRC, slot}, {DNNL_ARG_DST, slot}},
                      {{DNNL_ARG_WEIGHTS, plan.weight(post.weight, slopes)}});
        break;
      }
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
