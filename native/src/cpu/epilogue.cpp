#include "epilogue.h"

#include "caffe4j/elementwise.h"
#include "caffe4j/plan.h"
#include "channels.h"
#include "error.h"
#include "kernels/epilogue.h"

namespace caffe4j {

namespace {

using Post = Epilogue::Post;

/** Row-major values, whatever the layout is that they are in. */
ChannelView view_of(const Tensor& x, bool by_channels) {
  if (!by_channels) return plain_view(x, 1, x.count());
  require(x.axes() >= 2, ErrorKind::SHAPE, "values for each channel need an axis 1, got shape ", shape_string(x.dims()));
  return plain_view(x, x.dims()[1], count_of(x.dims(), 2, x.dims().size()));
}

/** One pass over the values: the operands of EpilogueForward, which an activation is still to be given to. */
struct Run {
  const Context& context;
  const ChannelView& view;
  const float *x, *scale, *shift, *z;
  float* y;
  float factor;

  template <class F>
  void operator()(F f) const {
    launch_channels(context, view, EpilogueForward<F>{x, scale, shift, z, y, double(factor), f});
  }
  template <class F>
  void of_value(F f) const {
    (*this)(OfValue<F>{f});
  }
};

void activate(const Run& run, const Post& post, int64_t channels) {
  if (post.kind == Post::Kind::PRELU) {
    const int64_t slopes = post.tensor->count();
    require(slopes == 1 || slopes == channels, ErrorKind::SHAPE, slopes, " slopes for ", channels, " channels");
    return run(ChannelRelu{post.tensor->device_read(), slopes == 1 ? 0 : 1});
  }
  switch (post.function) {
    case PLAN_RELU: return run(LeakyRelu{post.a});
    case ELEMENTWISE_SIGMOID: return run.of_value(SigmoidForward{});
    case ELEMENTWISE_TANH: return run.of_value(TanHForward{});
    case ELEMENTWISE_ABSVAL: return run.of_value(AbsValForward{});
    case ELEMENTWISE_CLIP: return run.of_value(ClipForward{post.a, post.b});
    case ELEMENTWISE_ELU: return run.of_value(EluForward{post.a});
    case ELEMENTWISE_SWISH: return run.of_value(SwishForward{post.a});
    case ELEMENTWISE_BNLL: return run.of_value(BnllForward{});
    case ELEMENTWISE_EXP: return run.of_value(ExpForward{post.a, post.b});
    case ELEMENTWISE_LOG: return run.of_value(LogForward{post.a, post.b, post.c});
    default: return with_power(post.a, post.b, post.c, [&](const auto& f) { run.of_value(f); });  // epilogue_add_activation let no other pass
  }
}

}  // namespace

void Epilogue::run(Tensor& x, Tensor* scale, Tensor* shift, Tensor& y) const {
  require_same_count(x, y, "an epilogue's bottom and top");
  bool by_channels = scale != nullptr || shift != nullptr;
  for (const Post& post : posts) by_channels = by_channels || (post.kind == Post::Kind::PRELU && post.tensor->count() > 1);
  const ChannelView view = view_of(y, by_channels);
  if (y.count() == 0) return;
  const ChannelValues factors(scale, view), shifts(shift, view);
  bool first = true;
  for (size_t i = 0; first || i < posts.size(); first = false) {
    const Post* sum = i < posts.size() && posts[i].kind == Post::Kind::SUM ? &posts[i++] : nullptr;
    if (sum != nullptr) require_same_count(*sum->tensor, y, "an epilogue's summand and top");
    const float *from = (first ? x : y).device_read(), *summand = sum != nullptr ? sum->tensor->device_read() : nullptr;
    const Run pass{y.context(), view, from, first ? factors.data() : nullptr, first ? shifts.data() : nullptr, summand, y.device_overwrite(),
                   sum != nullptr ? sum->a : 0};
    if (i < posts.size() && posts[i].kind != Post::Kind::SUM) {
      activate(pass, posts[i++], view.channels);
    } else {
      pass(Unchanged{});
    }
  }
}

bool Epilogue::is_sum_and_relu() const {
  const bool fits = posts.size() == 1 || (posts.size() == 2 && posts[0].kind == Post::Kind::SUM);
  return fits && posts.back().kind == Post::Kind::ACTIVATION && posts.back().function == PLAN_RELU && posts.back().a == 0;
}

Epilogue* epilogue_create() { return new Epilogue(); }
void epilogue_destroy(Epilogue* epilogue) { delete epilogue; }

void epilogue_add_activation(Epilogue* epilogue, int function, float a, float b, float c) {
  switch (function) {
    case PLAN_RELU:
    case ELEMENTWISE_SIGMOID:
    case ELEMENTWISE_TANH:
    case ELEMENTWISE_ABSVAL:
    case ELEMENTWISE_CLIP:
    case ELEMENTWISE_ELU:
    case ELEMENTWISE_SWISH:
    case ELEMENTWISE_BNLL:
    case ELEMENTWISE_EXP:
    case ELEMENTWISE_LOG: break;
    case ELEMENTWISE_POWER: require(a * b != 0, ErrorKind::UNSUPPORTED, "an epilogue has no constants"); break;
    default: fail(ErrorKind::UNSUPPORTED, "an epilogue has no element-wise function ", function);
  }
  deref(epilogue, "epilogue").posts.push_back({Post::Kind::ACTIVATION, function, a, b, c, nullptr});
}

void epilogue_add_prelu(Epilogue* epilogue, Tensor* slope) {
  deref(epilogue, "epilogue").posts.push_back({Post::Kind::PRELU, 0, 0, 0, 0, &deref(slope, "slope")});
}

void epilogue_add_sum(Epilogue* epilogue, Tensor* summand, float factor) {
  deref(epilogue, "epilogue").posts.push_back({Post::Kind::SUM, 0, factor, 0, 0, &deref(summand, "summand")});
}

void epilogue_forward(const Epilogue* epilogue, Tensor* bottom, Tensor* scale, Tensor* shift, Tensor* top) {
  deref(epilogue, "epilogue").run(deref(bottom, "bottom"), scale, shift, deref(top, "top"));
}

}  // namespace caffe4j
