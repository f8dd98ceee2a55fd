#include "cpu/winograd/training.h"

#include <algorithm>

namespace caffe4j::winograd {

using Desc = dnnl::memory::desc;

namespace {

constexpr int64_t kSide = 3;
/** Multiply-adds of a direct sum below which there is too little to gain for other last digits than those of sums. */
constexpr int64_t kLeastWork = 1 << 24;

bool trains(const ConvolutionGeometry& g) {
  const Window& w = g.window;
  return !g.inference && suits(g.group, w.kernel, w.stride, w.dilation) && w.pad[0] < kSide && w.pad[1] < kSide;
}

int64_t work(const Shape& s) { return s.batch * s.out_h * s.out_w * s.outputs * s.channels * kSide * kSide; }

float* values(const dnnl::memory& memory) { return static_cast<float*>(memory.get_data_handle()); }

}  // namespace

std::unique_ptr<Training> Training::of(const Shape& shape, const Desc& from, const Desc& weights, bool backward, const Desc& to, int threads) {
  ChannelLayout in, out;
  Filters filters;
  if (!ChannelLayout::of(from, in) || !ChannelLayout::of(to, out) || in.block % kPacked != 0 || out.block % kPacked != 0 ||
      !filters_of(weights, backward, filters) || work(shape) < kLeastWork || !pays(shape, threads)) {
    return nullptr;
  }
  return std::unique_ptr<Training>(new Training(Convolution(shape, in, filters, out, threads)));
}

std::unique_ptr<Training> Training::forward(const Context& context, const ConvolutionGeometry& g, const ConvolutionShape& s, const Desc& bottom,
                                            const Desc& weights, const Desc& top) {
  if (!trains(g)) return nullptr;
  const Dims& pad = g.window.pad;
  return of({s.batch, g.channels, s.input[0], s.input[1], g.num_output, s.output[0], s.output[1], pad[0], pad[1]}, bottom, weights, false, top,
            context.threads());
}

std::unique_ptr<Training> Training::backward_data(const Context& context, const ConvolutionGeometry& g, const ConvolutionShape& s,
                                                  const Desc& top_diff, const Desc& weights, const Desc& bottom_diff) {
  if (!trains(g)) return nullptr;
  const Dims& pad = g.window.pad;
  return of({s.batch, g.num_output, s.output[0], s.output[1], g.channels, s.input[0], s.input[1], kSide - 1 - pad[0], kSide - 1 - pad[1]}, top_diff,
            weights, true, bottom_diff, context.threads());
}

void Training::run(Context& context, const dnnl::memory& from, const dnnl::memory& weights, Tensor* bias, const dnnl::memory& to) const {
  std::vector<float> padded_bias(size_t(convolution_.padded_outputs()), 0.f);
  if (bias != nullptr) std::copy_n(bias->read(), bias->count(), padded_bias.begin());
  convolution_.run(values(from), values(weights), padded_bias.data(), {}, values(to), context.host_scratch(convolution_.scratch()));
}

}  // namespace caffe4j::winograd
