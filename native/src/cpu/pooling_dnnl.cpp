// MAX and AVE pooling through oneDNN, for values in its blocked layouts.
#include "error.h"
#include "operand.h"
#include "packed_weights.h"
#include "pooling.h"
#include "recent.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;

namespace {
int64_t beyond(const PoolingAxis& a, int64_t size, int64_t out) { return a.start(out - 1) + a.kernel - size; }
bool begins_inside(const PoolingAxis& a, int64_t size, int64_t out) { return a.start(out - 1) < size; }
}  // namespace

DnnlPoolingWindow::DnnlPoolingWindow(int method, const PoolingWindow& w, const PoolingShape& s)
    : stride{s.out_h == 1 ? 1 : w.h.stride, s.out_w == 1 ? 1 : w.w.stride}, kernel{w.h.kernel, w.w.kernel}, dilation{0, 0}, before{w.h.pad, w.w.pad},
      after{beyond(w.h, s.height, s.out_h), beyond(w.w, s.width, s.out_w)} {
  const bool unpadded = w.h.pad == 0 && w.w.pad == 0, within_padding = after[0] <= w.h.pad && after[1] <= w.w.pad;
  algorithm = method == POOLING_MAX ? dnnl::algorithm::pooling_max
              : unpadded            ? dnnl::algorithm::pooling_avg_exclude_padding
                                    : dnnl::algorithm::pooling_avg_include_padding;
  covered = begins_inside(w.h, s.height, s.out_h) && begins_inside(w.w, s.width, s.out_w) && kernel[0] <= 2 * (s.height + w.h.pad) &&
            kernel[1] <= 2 * (s.width + w.w.pad) &&
            (method == POOLING_MAX || unpadded || within_padding);
}

class DnnlPooling::Impl {
 public:
  Impl(Context& context, int method, const PoolingWindow& window) : context_(context), method_(method), window_(window) {}

  bool forward(const PoolingShape& s, Tensor& bottom, Tensor& top, bool training) {
    last_ = nullptr;
    const Desc present = bottom.layout();
    if (present == bottom.plain_layout() || !DnnlPoolingWindow(method_, window_, s).covered) return false;
    Plan& plan = plans_.get({present, training, s}, [&] { return make_plan(s, present, training); });
    if (plan.implementation.empty()) return false;
    const dnnl::memory src = bottom.as(present);
    std::unordered_map<int, dnnl::memory> args{{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, top.overwrite_as(plan.pd.dst_desc())}};
    if (plan.has_workspace()) args.emplace(DNNL_ARG_WORKSPACE, plan.workspace.memory);
    context_.execute(plan.forward, args);
    implementation_ = plan.implementation;
    if (training) last_ = &plan;
    return true;
  }

  bool backward(const PoolingShape& s, Tensor& top_diff, Tensor& bottom_diff) {
    if (last_ == nullptr || !(last_->shape == s) || !last_->has_backward) return false;
    Plan& plan = *last_;
    const dnnl::memory diff_dst = top_diff.as(plan.backward_pd.diff_dst_desc());
    std::unordered_map<int, dnnl::memory> args{{DNNL_ARG_DIFF_DST, diff_dst},
                                               {DNNL_ARG_DIFF_SRC, bottom_diff.overwrite_as(plan.backward_pd.diff_src_desc())}};
    if (plan.has_workspace()) args.emplace(DNNL_ARG_WORKSPACE, plan.workspace.memory);
    context_.execute(plan.backward, args);
    implementation_ = plan.backward_pd.impl_info_str();
    return true;
  }

  const std::string& implementation() const { return implementation_; }

 private:
  struct Plan {
    PoolingShape shape;
    dnnl::pooling_forward::primitive_desc pd;
    dnnl::pooling_forward forward;
    dnnl::pooling_backward::primitive_desc backward_pd;
    dnnl::pooling_backward backward;
    bool has_backward = false;
    OwnedMemory workspace;  // where each maximum came from
    std::string implementation;

    bool has_workspace() const { return bool(workspace.memory); }
  };

  struct Key {
    Desc layout;
    bool training;
    PoolingShape shape;
    bool operator==(const Key& o) const { return training == o.training && shape == o.shape && layout == o.layout; }
  };

  Plan make_plan(const PoolingShape& s, const Desc& src, bool training) const {
    const DnnlPoolingWindow w(method_, window_, s);
    const Desc dst({s.batch, s.channels, s.out_h, s.out_w}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::any);
    const dnnl::engine& engine = context_.engine();
    Plan plan{s, {}, {}, {}, {}, false, {}, {}};
    try {
      plan.pd = dnnl::pooling_forward::primitive_desc(engine, training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference,
                                                      w.algorithm, src, dst, w.stride, w.kernel, w.dilation, w.before, w.after);
      if (is_reference(plan.pd.impl_info_str())) return plan;
      plan.forward = dnnl::pooling_forward(plan.pd);
      if (training) {
        plan.backward_pd = dnnl::pooling_backward::primitive_desc(engine, w.algorithm, src, plan.pd.dst_desc(), w.stride, w.kernel,
                                                                  w.dilation, w.before, w.after, plan.pd);
        if (is_reference(plan.backward_pd.impl_info_str())) return plan;
        plan.backward = dnnl::pooling_backward(plan.backward_pd);
        plan.has_backward = true;
      }
    } catch (const dnnl::error&) {
      return plan;  // no kernel for this window
    }
    if (training && plan.pd.workspace_desc().get_size() > 0) plan.workspace = OwnedMemory(context_, plan.pd.workspace_desc());
    plan.implementation = plan.pd.impl_info_str();
    return plan;
  }

  Context& context_;
  int method_;
  PoolingWindow window_;
  Recent<Key, Plan> plans_;
  Plan* last_ = nullptr;  // of the last forward in training
  std::string implementation_;
};

DnnlPooling::DnnlPooling(Context& context, int method, const PoolingWindow& window)
    : impl_(std::make_unique<Impl>(context, method, window)) {}
DnnlPooling::~DnnlPooling() = default;
bool DnnlPooling::forward(const PoolingShape& s, Tensor& bottom, Tensor& top, bool training) {
  return impl_->forward(s, bottom, top, training);
}
bool DnnlPooling::backward(const PoolingShape& s, Tensor& top_diff, Tensor& bottom_diff) { return impl_->backward(s, top_diff, bottom_diff); }
const std::string& DnnlPooling::implementation() const { return impl_->implementation(); }

}  // namespace caffe4j
