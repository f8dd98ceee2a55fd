#include "plan/pooled_convolution.h"

#include <algorithm>
#include <optional>

#include "caffe4j/pooling.h"
#include "cpu/pooled_convolution.h"
#include "cpu/winograd/winograd.h"
#include "plan/lives.h"
#include "plan/ops.h"
#include "pooling.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;

namespace {

constexpr MemoryOrder kLast{Order::CHANNELS_LAST, 1};
constexpr int64_t kMostPlanes = 4;  // of an input that is taken as it comes

/** What post-operations that are one ReLU, or none, multiply values below 0 with. */
std::optional<float> slope_of(const std::vector<PostOp>& posts) {
  if (posts.empty()) return 1.f;
  if (posts.size() > 1 || posts[0].kind != PostOp::Kind::ACTIVATION || posts[0].function != PLAN_RELU) return std::nullopt;
  return posts[0].a;
}

/** Vectors of outputs, and in them the kernel in the order of the input. */
Tag weights_tag(int64_t lanes, bool planar) {
  switch (lanes) {
    case 16: return planar ? Tag::Abcd16a : Tag::Acdb16a;
    case 8: return planar ? Tag::Abcd8a : Tag::Acdb8a;
    default: return planar ? Tag::Abcd4a : Tag::Acdb4a;
  }
}

class PlanPooledConvolution final : public PlanOp {
 public:
  /** Both operations as they are in the plan, the second with the result of the first as its input. */
  PlanPooledConvolution(const Plan& plan, const PlanOp& convolution, const PlanOp& pooling)
      : PlanOp(convolution.name, convolution.inputs), o_(*convolution.as_convolution()), window_(*pooling.as_pooling()),
        between_(plan.dims(convolution.output)), pooled_(plan.dims(pooling.output)), slope_(*slope_of(convolution.posts)) {
    posts = pooling.posts;
    origin = convolution.origin;
  }

  /** True where a pair of operations can be one and that is no slower: Winograd's algorithm may need fewer products. */
  static bool covers(const Plan& plan, const PlanOp& convolution, const PlanOp& pooling) {
    const ConvolutionOperands* o = convolution.as_convolution();
    const auto window = pooling.as_pooling();
    if (o == nullptr || !window || o->kernel.size() != 2 || o->group != 1 || o->dilation != Dims{1, 1}) return false;
    if (window->method != POOLING_MAX && window->method != POOLING_AVE) return false;
    if (!slope_of(convolution.posts)) return false;
    if (plan.winograd() != PLAN_WINOGRAD_NEVER && winograd::suits(o->group, o->kernel, o->stride, o->dilation)) return false;
    const PlanPooledConvolution pair(plan, convolution, pooling);
    return PooledConvolution::covers(pair.sizes(plan), window->window(), pair.shape(plan));
  }

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanPooledConvolution>(*this); }

  Dims infer(const Plan& plan) const override { return {plan.dims(inputs[0])[0], pooled_[1], pooled_[2], pooled_[3]}; }

  /** Takes a ReLU that follows; false for other operations. */
  bool take(const PlanOp& op) {
    const DnnlActivation* f = op.as_activation();
    const std::optional<float> slope = f != nullptr ? f->relu_slope() : std::nullopt;
    if (!posts.empty() || !slope) return false;
    pooled_slope_ = *slope;
    posts = op.posts;
    return true;
  }

  /** Computes with as many workers as `bytes` are enough for, one at least. */
  void set_room(const Plan& plan, int64_t bytes) {
    const PooledConvolution kernel = make(plan, {});
    const int64_t most = bytes / (kernel.scratch() * int64_t(sizeof(float)));
    workers_ = int(std::clamp<int64_t>(most, 1, kernel.workers(plan.context().threads())));
  }

  /** Bytes of a copy of the input with its channels last. */
  int64_t converted(const Plan& plan) const {
    const int input = inputs[0];
    return plan.is_input(input) && plan.dims(input)[1] > 1 && !is_planar(plan) ? bytes_of(plan, input) : 0;
  }

  void compile(Plan& plan) const override {
    const Dims &in = plan.dims(inputs[0]), &out = plan.dims(output);
    std::vector<float> bias(size_t(o_.num_output), 0.f);
    if (o_.bias >= 0) {
      const dnnl::memory values = plan.weight(o_.bias, row_major({o_.num_output}));
      std::copy_n(static_cast<const float*>(values.get_data_handle()), bias.size(), bias.begin());
    }
    const PooledConvolution kernel = make(plan, std::move(bias));
    const bool planar = is_planar(plan);
    const Dims dims{o_.num_output, in[1], o_.kernel[0], o_.kernel[1]};
    const Desc packed(dims, dnnl::memory::data_type::f32, weights_tag(kernel.lanes(), planar));
    const dnnl::memory weights = plan.weight(o_.weight, row_major(dims), packed);
    const int from = plan.read(inputs[0], planar ? row_major(in) : kLast.layout(in)), to = plan.write(kLast.layout(out));
    const int rows = plan.write_scratch(kernel.scratch() * workers_);
    const dnnl::memory x = plan.memory(from), y = plan.memory(to), scratch = plan.memory(rows);
    plan.add_loop("convolution and pooling, channels last", {from, to, rows}, [kernel, x, weights, y, scratch, workers = workers_] {
      kernel.run(values(x), values(weights), values(y), values(scratch), workers);
    });
    add_post_steps(plan, *this, 0);
  }

 private:
  static float* values(const dnnl::memory& memory) { return static_cast<float*>(memory.get_data_handle()); }

  /** An image of few channels is read as it comes. */
  bool is_planar(const Plan& plan) const {
    const Dims& in = plan.dims(inputs[0]);
    return plan.is_input(inputs[0]) && in[1] <= kMostPlanes && same_places(plan.layout(inputs[0]), row_major(in));
  }

  ConvolutionSizes sizes(const Plan& plan) const {
    const Dims& in = plan.dims(inputs[0]);
    return {in[0],        in[1],        in[2],        in[3],       between_[1], between_[2],    between_[3],
            o_.kernel[0], o_.kernel[1], o_.stride[0], o_.stride[1], o_.pad[0],   o_.pad[1],      is_planar(plan)};
  }

  PoolingShape shape(const Plan& plan) const {
    Dims between = between_, pooled = pooled_;
    between[0] = pooled[0] = plan.dims(inputs[0])[0];
    return pooling_shape(between, pooled);
  }

  PooledConvolution make(const Plan& plan, std::vector<float> bias) const {
    return PooledConvolution(sizes(plan), std::move(bias), slope_, window_.method == POOLING_MAX, pooled_slope_, window_.window(), shape(plan));
  }

  ConvolutionOperands o_;
  PlanPoolingWindow window_;
  Dims between_, pooled_;
  float slope_, pooled_slope_ = 1;
  int workers_ = 1;
};

}  // namespace

void pool_while_convolving(Plan& plan) {
  if (!plan.keeps_channels_last() || plan.type() != dnnl::memory::data_type::f32) return;
  const Lives lives(plan);
  const int64_t target = lives.all / kShare;
  if (target > kNothingToGain) return;
  const auto& before = plan.operations();
  std::vector<std::unique_ptr<PlanPooledConvolution>> joint(before.size());
  std::vector<size_t> length(before.size(), 1);
  for (size_t i = 1; i < before.size(); ++i) {
    const PlanOp &convolution = *before[i - 1], &pooling = *before[i];
    if (std::max(lives.alive[i - 1], lives.alive[i]) <= target || !lives.linked(i)) continue;
    if (!PlanPooledConvolution::covers(plan, convolution, pooling)) continue;
    auto& op = joint[i - 1] = std::make_unique<PlanPooledConvolution>(plan, convolution, pooling);
    length[i - 1] = i + 1 < before.size() && lives.linked(i + 1) && op->take(*before[i + 1]) ? 3 : 2;
    op->set_room(plan, target - op->converted(plan) - (lives.alive[i - 1] - lives.inside(convolution.output) + lives.inside(pooling.output)));
  }
  auto ops = plan.take_operations();
  for (size_t i = 0; i < ops.size(); i += length[i]) {
    const int output = ops[i + length[i] - 1]->output;
    plan.add_maker(joint[i] ? std::move(joint[i]) : std::move(ops[i]), output);
  }
}

}  // namespace caffe4j
