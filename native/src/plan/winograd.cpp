#include "plan/winograd.h"

#include <algorithm>

#include "caffe4j/elementwise.h"
#include "channel_layout.h"
#include "cpu/winograd/winograd.h"
#include "error.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;

namespace {

/** Post-operations that keep zeros in the padding of the last block zero. */
bool can_fuse(const PostOp& post) {
  if (post.kind != PostOp::Kind::ACTIVATION || post.function == PLAN_RELU) return true;
  return post.function == ELEMENTWISE_CLIP && post.a <= 0 && post.b >= 0;
}

/** A weight of one value for each output, or one for all, made as long as whole blocks. */
std::vector<float> by_output(const dnnl::memory& weight, int64_t outputs, int64_t length) {
  const float* values = static_cast<const float*>(weight.get_data_handle());
  std::vector<float> all(size_t(length), 0.f);
  for (int64_t i = 0; i < outputs; ++i) all[size_t(i)] = values[count_of(weight.get_desc().get_dims()) == 1 ? 0 : i];
  return all;
}

/** What one forward does. Summands are memory that is bound later. */
template <class Value>
struct WinogradLoop {
  Context& context;
  winograd::ConvolutionOf<Value> convolution;
  dnnl::memory x, weights, y;
  std::vector<float> bias;
  std::vector<std::vector<float>> slopes;
  std::vector<winograd::Post> posts;
  std::vector<dnnl::memory> summands;  // one for each post-operation, empty for others

  void operator()() const {
    std::vector<winograd::Post> now = posts;
    for (size_t i = 0; i < now.size(); ++i) {
      if (now[i].kind == winograd::Post::SUM) now[i].summand = summands[i].get_data_handle();
      if (now[i].kind == winograd::Post::PRELU) now[i].slopes = slopes[i].data();
    }
    convolution.run(values(x), values(weights), bias.data(), now, y.get_data_handle(), context.host_scratch(convolution.scratch()));
  }

  static const Value* values(const dnnl::memory& memory) { return static_cast<const Value*>(memory.get_data_handle()); }
};

/** @tparam Value the plan's type */
template <class Value>
bool add(Plan& plan, const PlanOp& op, const ConvolutionOperands& o, const Desc& plain) {
  const Dims &in = plan.dims(op.inputs[0]), &out = plan.dims(op.output);
  if (plan.winograd() == PLAN_WINOGRAD_NEVER || !winograd::suits(o.group, o.kernel, o.stride, o.dilation)) return false;
  const winograd::Shape shape{in[0], in[1], in[2], in[3], out[1], out[2], out[3], o.pad[0], o.pad[1]};
  const int threads = plan.context().threads();
  if (!winograd::is_supported<Value>() || (plan.winograd() != PLAN_WINOGRAD_ALWAYS && !winograd::pays<Value>(shape, threads))) return false;
  const auto type = plan.type(), to_type = plan.result_type();
  const Desc src = plan.working(op.inputs[0], type), dst = plan.preferred(out, to_type), packed(plain.get_dims(), type, winograd::kWeights);
  ChannelLayout from, to;
  winograd::Filters filters;
  if (!ChannelLayout::of(src, from) || !ChannelLayout::of(dst, to) || from.block == 1 || to.block == 1 ||
      !winograd::filters_of(packed, false, filters)) {
    return false;
  }

  size_t fused = size_t(std::find_if_not(op.posts.begin(), op.posts.end(), can_fuse) - op.posts.begin());
  std::unique_ptr<FusedPosts> attributes;
  while (attributes == nullptr) {
    try {
      attributes = std::make_unique<FusedPosts>(plan, op, fused, dst);
    } catch (const Error&) {
      if (fused-- == 0) throw;  // a post-operation that cannot be fused
    }
  }
  WinogradLoop<Value> loop{plan.context(), {shape, from, filters, to, threads, to_type == dnnl::memory::data_type::f32}, {}, {}, {}, {}, {}, {}, {}};
  const int64_t length = loop.convolution.padded_outputs();
  const int x = plan.read(op.inputs[0], src);
  std::vector<std::pair<int, int>> summands;
  Arguments slopes;
  const int y = attributes->write(dst, summands, slopes);
  std::vector<int> slots{x, y};
  for (size_t i = 0; i < fused; ++i) {
    const PostOp& post = op.posts[i];
    using Kind = winograd::Post;
    loop.summands.emplace_back();
    loop.slopes.emplace_back();
    switch (post.kind) {
      case PostOp::Kind::ACTIVATION: loop.posts.push_back({post.function == PLAN_RELU ? Kind::RELU : Kind::CLIP, post.a, post.b}); break;
      case PostOp::Kind::PRELU:
        loop.slopes.back() = by_output(slopes.at(DNNL_ARG_ATTR_MULTIPLE_POST_OP(int(i)) | DNNL_ARG_WEIGHTS), out[1], length);
        loop.posts.push_back({Kind::PRELU});
        break;
      case PostOp::Kind::SUM: {
        int summand = y;  // in whose place the result goes, unless it is an argument of its own
        for (const auto& [argument, slot] : summands) {
          if (argument == (DNNL_ARG_ATTR_MULTIPLE_POST_OP(int(i)) | DNNL_ARG_SRC_1)) summand = slot;
        }
        slots.push_back(summand);
        loop.summands.back() = plan.memory(summand);
        loop.posts.push_back({Kind::SUM, post.a});
        break;
      }
    }
  }
  loop.x = plan.memory(x);
  loop.y = plan.memory(y);
  loop.weights = plan.weight(o.weight, plain, packed);
  loop.convolution.prepare(loop.values(loop.weights));
  loop.bias = o.bias < 0 ? std::vector<float>(size_t(length), 0.f) : by_output(plan.weight(o.bias, row_major({out[1]})), out[1], length);
  plan.add_loop("winograd F(4x4, 3x3)", slots, std::move(loop));
  add_post_steps(plan, op, fused);
  return true;
}

}  // namespace

bool add_winograd(Plan& plan, const PlanOp& op, const ConvolutionOperands& operands, const Desc& plain) {
  return plan.type() == dnnl::memory::data_type::bf16 ? add<winograd::Bf16>(plan, op, operands, plain) : add<float>(plan, op, operands, plain);
}

}  // namespace caffe4j
