// Pooling as an operation of a plan: oneDNN where it means what Caffe means, else a loop over channels-last values.
#include <algorithm>
#include <cfloat>

#include "error.h"
#include "packed_weights.h"
#include "plan/ops.h"
#include "pooling.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;

namespace {

/** Every method sees a pixel's channels side by side. */
template <bool kMax>
void pool_channels_last(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, float* y) {
  const int64_t c = s.channels, rows = s.batch * s.out_h;
  context.enter();
#pragma omp parallel for schedule(static) if (s.inputs() + s.outputs() >= kSerialBelow)
  for (int64_t r = 0; r < rows; ++r) {
    const float* image = x + r / s.out_h * s.height * s.width * c;
    for (int64_t ow = 0; ow < s.out_w; ++ow) {
      const PoolingPatch patch(window, s, r % s.out_h, ow);
      float* to = y + (r * s.out_w + ow) * c;
      std::fill(to, to + c, kMax ? -FLT_MAX : 0.f);
      patch.for_places(s.width, [&](int64_t at) {
        const float* from = image + at * c;
#pragma omp simd
        for (int64_t i = 0; i < c; ++i) to[i] = kMax ? std::max(to[i], from[i]) : to[i] + from[i];
      });
      if (!kMax) {
#pragma omp simd
        for (int64_t i = 0; i < c; ++i) to[i] /= patch.divisor;
      }
    }
  }
}

class PlanPooling final : public PlanOp {
 public:
  PlanPooling(std::string op_name, int input, const PlanPoolingWindow& w)
      : PlanOp(std::move(op_name), {input}), o_(w) {}

  Dims infer(const Plan& plan) const override {
    const Dims& in = plan.dims(inputs[0]);
    require(in.size() == 4, ErrorKind::SHAPE, "layer '", name, "': pooling takes N x C x H x W, got ", shape_string(in));
    return {in[0], in[1], o_.out[0], o_.out[1]};
  }

  std::unique_ptr<PlanOp> clone() const override { return std::make_unique<PlanPooling>(*this); }
  const PlanPoolingWindow* as_pooling() const override { return &o_; }

  bool find_rows(const Plan& plan, int64_t first, int64_t end, RowBand& band) const override {
    if (o_.method == POOLING_AVE && o_.pad[0] > 0) return false;  // which rows a mean counts depends on where the padding ends
    const PoolingAxis rows = o_.window().h;
    band = rows_of(plan.dims(inputs[0])[2], rows.start(first), rows.start(end - 1) + rows.kernel);
    return band.count > 0;
  }
  void set_rows(const RowBand& band, int64_t rows) override {
    o_.pad[0] = band.before;
    o_.out[0] = rows;
  }
  bool selects() const override { return o_.method == POOLING_MAX; }
  bool is_nonnegative(bool of_nonnegative) const override { return of_nonnegative; }

  void compile(Plan& plan) const override {
    const Dims in = plan.dims(inputs[0]), out = plan.dims(output);
    const PoolingShape shape = pooling_shape(in, out);
    const Desc src = plan.working(inputs[0], plan.result_type());
    if (!compile_dnnl(plan, shape, src, plan.like(src, out, src.get_data_type()))) {
      const MemoryOrder last{Order::CHANNELS_LAST, 1};
      const int from = plan.read(inputs[0], last.layout(in)), to = plan.write(last.layout(out));
      const dnnl::memory x = plan.memory(from), y = plan.memory(to);
      const auto loop = o_.method == POOLING_MAX ? pool_channels_last<true> : pool_channels_last<false>;
      plan.add_loop("pooling, channels last", {from, to}, [context = &plan.context(), loop, window = o_.window(), shape, x, y] {
        loop(*context, window, shape, static_cast<const float*>(x.get_data_handle()), static_cast<float*>(y.get_data_handle()));
      });
    }
    add_post_steps(plan, *this, 0);
  }

 private:
  bool compile_dnnl(Plan& plan, const PoolingShape& s, const Desc& src, const Desc& dst) const {
    const DnnlPoolingWindow w(o_.method, o_.window(), s);
    if (!w.covered) return false;
    try {
      dnnl::pooling_forward::primitive_desc pd(plan.context().engine(), dnnl::prop_kind::forward_inference, w.algorithm, src, dst, w.stride,
                                               w.kernel, w.dilation, w.before, w.after);
      if (is_reference(pd.impl_info_str())) return false;
      const int from = plan.read(inputs[0], src);
      plan.add_step(pd.impl_info_str(), dnnl::pooling_forward(pd), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, plan.write(dst)}});
      return true;
    } catch (const dnnl::error&) {
      return false;  // no kernel for this window
    }
  }

  PlanPoolingWindow o_;
};

}  // namespace

std::unique_ptr<PlanOp> make_plan_pooling(std::string name, int input, const PlanPoolingWindow& window) {
  return std::make_unique<PlanPooling>(std::move(name), input, window);
}

}  // namespace caffe4j
