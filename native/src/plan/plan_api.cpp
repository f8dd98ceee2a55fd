#include "caffe4j/lrn.h"
#include "error.h"
#include "plan/ops.h"
#include "plan/plan.h"
#include "plan/precision.h"

namespace caffe4j {

class FrozenWeights {
 public:
  explicit FrozenWeights(std::shared_ptr<WeightStore> weights) : store(std::move(weights)) {}
  const std::shared_ptr<WeightStore> store;
};

namespace {

Plan& plan_of(Plan* plan) { return deref(plan, "plan"); }
const Plan& plan_of(const Plan* plan) { return deref(plan, "plan"); }
const FrozenWeights& weights_of(const FrozenWeights* weights) { return deref(weights, "frozen weights"); }

template <class T>
std::vector<T> array(const T* values, int count, const char* what) {
  require(count >= 0 && (count == 0 || values != nullptr), ErrorKind::INVALID, what, " is null");
  return std::vector<T>(values, values + count);
}

std::string text(const char* name) { return name == nullptr ? "" : name; }

int add_convolution(Plan* plan, const char* name, int input, int weight, int bias, int64_t num_output, int64_t group, const int64_t* kernel,
                    const int64_t* stride, const int64_t* pad, const int64_t* dilation, int axes, bool transposed) {
  require(axes >= 1 && axes <= 3 && num_output > 0 && group > 0 && num_output % group == 0, ErrorKind::INVALID, "layer '", text(name),
          "': a plan has no convolution of ", num_output, " outputs with group ", group, " over ", axes, " axes");
  const ConvolutionOperands operands{weight, bias, num_output, group, array(kernel, axes, "kernel"), array(stride, axes, "stride"),
                                     array(pad, axes, "pad"), array(dilation, axes, "dilation")};
  for (size_t i = 0; i < size_t(axes); ++i) {
    require(operands.kernel[i] > 0 && operands.stride[i] > 0 && operands.pad[i] >= 0 && operands.dilation[i] > 0, ErrorKind::INVALID, "layer '",
            text(name), "': kernel, stride and dilation must be positive and pad not negative");
  }
  return plan_of(plan).add(make_plan_convolution(text(name), input, operands, transposed));
}

void fuse(Plan* plan, const PostOp& post) { plan_of(plan).last_op().posts.push_back(post); }

}  // namespace

FrozenWeights* frozen_weights_create() { return new FrozenWeights(std::make_shared<WeightStore>()); }
FrozenWeights* frozen_weights_share(const FrozenWeights* weights) { return new FrozenWeights(weights_of(weights).store); }
void frozen_weights_destroy(FrozenWeights* weights) { delete weights; }
int frozen_weights_add(FrozenWeights* weights, Tensor* values) { return weights_of(weights).store->add(deref(values, "tensor")); }
int64_t frozen_weights_bytes(const FrozenWeights* weights) { return weights_of(weights).store->bytes(); }

bool plan_precision_is_fast(int precision) { return is_fast(data_type(precision)); }

Plan* plan_create(Context* context, const FrozenWeights* weights, int precision) {
  const dnnl::memory::data_type type = data_type(precision);
  require(is_fast(type), ErrorKind::UNSUPPORTED, "this processor has no instructions for ",
          is_integer(type) ? "int8 (VNNI or AMX)" : "bf16 (AVX512_BF16 or AMX)");
  return new Plan(deref(context, "context"), weights_of(weights).store, type);
}
void plan_destroy(Plan* plan) { delete plan; }

int plan_input(Plan* plan, Tensor* tensor) { return plan_of(plan).add_input(deref(tensor, "tensor")); }

int plan_convolution(Plan* plan, const char* name, int input, int weight, int bias, int64_t num_output, int64_t group, const int64_t* kernel,
                     const int64_t* stride, const int64_t* pad, const int64_t* dilation, int axes) {
  return add_convolution(plan, name, input, weight, bias, num_output, group, kernel, stride, pad, dilation, axes, false);
}

int plan_deconvolution(Plan* plan, const char* name, int input, int weight, int bias, int64_t num_output, int64_t group,
                       const int64_t* kernel, const int64_t* stride, const int64_t* pad, const int64_t* dilation, int axes) {
  return add_convolution(plan, name, input, weight, bias, num_output, group, kernel, stride, pad, dilation, axes, true);
}

int plan_inner_product(Plan* plan, const char* name, int input, int weight, int bias, int64_t outputs, bool transposed) {
  return plan_of(plan).add(make_plan_inner_product(text(name), input, weight, bias, outputs, transposed));
}

int plan_pooling(Plan* plan, const char* name, int input, int method, int64_t kernel_h, int64_t kernel_w, int64_t stride_h, int64_t stride_w,
                 int64_t pad_h, int64_t pad_w, int64_t out_h, int64_t out_w) {
  const PlanPoolingWindow window{method, {kernel_h, kernel_w}, {stride_h, stride_w}, {pad_h, pad_w}, {out_h, out_w}};
  for (int64_t positive : {kernel_h, kernel_w, stride_h, stride_w, out_h, out_w}) {
    require(positive > 0, ErrorKind::INVALID, "layer '", text(name), "': pooling needs a kernel, a stride and an output above 0");
  }
  return plan_of(plan).add(make_plan_pooling(text(name), input, window));
}

int plan_lrn(Plan* plan, const char* name, int input, int region, int64_t size, float alpha, float beta, float k) {
  require(region == LRN_ACROSS_CHANNELS || region == LRN_WITHIN_CHANNEL, ErrorKind::INVALID, "unknown region ", region);
  require(size > 0 && size % 2 == 1, ErrorKind::INVALID, "LRN only supports odd values for local_size, got ", size);
  return plan_of(plan).add(make_plan_lrn(text(name), input, region, size, alpha, beta, k));
}

int plan_softmax(Plan* plan, const char* name, int input, int axis) {
  return plan_of(plan).add(make_plan_softmax(text(name), input, axis));
}

int plan_concat(Plan* plan, const char* name, const int* inputs, int count, int axis) {
  return plan_of(plan).add(make_plan_concat(text(name), array(inputs, count, "inputs"), axis));
}

int plan_slice(Plan* plan, const char* name, int input, const int64_t* begin, const int64_t* dims, int axes) {
  Plan& p = plan_of(plan);
  return p.add(make_plan_slice(text(name), input, p.dims(input), array(begin, axes, "begin"), array(dims, axes, "shape")));
}

int plan_eltwise(Plan* plan, const char* name, int combination, const int* inputs, int count, const float* coeff) {
  std::vector<float> factors = coeff == nullptr ? std::vector<float>(size_t(std::max(count, 0)), 1.f) : array(coeff, count, "coefficients");
  return plan_of(plan).add(make_plan_eltwise(text(name), combination, array(inputs, count, "inputs"), std::move(factors)));
}

int plan_broadcast(Plan* plan, const char* name, int combination, int input, int operand, int axis, int shift) {
  return plan_of(plan).add(make_plan_broadcast(text(name), {input, operand}, {combination, axis, -1, shift, {}}));
}

int plan_broadcast_weight(Plan* plan, const char* name, int combination, int input, int weight, const int64_t* dims, int axes, int axis, int shift) {
  return plan_of(plan).add(make_plan_broadcast(text(name), {input}, {combination, axis, weight, shift, array(dims, axes, "shape")}));
}

int plan_reduction(Plan* plan, const char* name, int input, int operation, int axis, float coeff) {
  return plan_of(plan).add(make_plan_reduction(text(name), input, operation, axis, coeff));
}

int plan_tile(Plan* plan, const char* name, int input, int axis, int64_t tiles) {
  return plan_of(plan).add(make_plan_tile(text(name), input, axis, tiles));
}

int plan_argmax(Plan* plan, const char* name, int input, int axis, int64_t top_k, bool indices, bool values, const int64_t* dims, int axes) {
  return plan_of(plan).add(make_plan_argmax(text(name), input, {axis, top_k, indices, values, array(dims, axes, "shape")}));
}

int plan_mvn(Plan* plan, const char* name, int input, bool across_channels, bool normalize_variance, float eps) {
  return plan_of(plan).add(make_plan_mvn(text(name), input, across_channels, normalize_variance, eps));
}

int plan_activation(Plan* plan, const char* name, int input, int function, float a, float b, float c) {
  return plan_of(plan).add(make_plan_activation(text(name), input, function, a, b, c));
}

int plan_prelu(Plan* plan, const char* name, int input, int slope) { return plan_of(plan).add(make_plan_prelu(text(name), input, slope)); }

int plan_affine(Plan* plan, const char* name, int input, int scale, int shift) {
  return plan_of(plan).add(make_plan_affine(text(name), input, scale, shift));
}

int plan_view(Plan* plan, const char* name, int input, const int64_t* dims, int axes) {
  return plan_of(plan).add(make_plan_view(text(name), input, array(dims, axes, "shape")));
}

void plan_fuse_activation(Plan* plan, int function, float a, float b, float c) {
  PostOp post{PostOp::Kind::ACTIVATION};
  post.function = function;
  post.a = a;
  post.b = b;
  post.c = c;
  fuse(plan, post);
}

void plan_fuse_prelu(Plan* plan, int slope) {
  PostOp post{PostOp::Kind::PRELU};
  post.weight = slope;
  fuse(plan, post);
}

void plan_fuse_sum(Plan* plan, int value, float factor) {
  plan_of(plan).dims(value);
  PostOp post{PostOp::Kind::SUM};
  post.value = value;
  post.a = factor;
  fuse(plan, post);
}

void plan_output(Plan* plan, int value, Tensor* tensor) { plan_of(plan).set_output(value, deref(tensor, "tensor")); }
void plan_set_winograd(Plan* plan, int where) {
  require(where >= PLAN_WINOGRAD_NEVER && where <= PLAN_WINOGRAD_ALWAYS, ErrorKind::INVALID, "unknown choice ", where, " of where to use Winograd");
  plan_of(plan).set_winograd(PlanWinograd(where));
}
void plan_set_range(Plan* plan, int value, float range) { plan_of(plan).set_range(value, range); }
bool plan_has_all_kernels() {
#if defined(__x86_64__)
  return true;
#else
  return false;
#endif
}

void plan_take_from(Plan* plan, Plan* other) {
  require(plan != other, ErrorKind::INVALID, "a plan takes no weights from itself");
  plan_of(plan).take_from(plan_of(other));
}
bool plan_is_outdated(Plan* plan) { return plan_of(plan).is_outdated(); }
void plan_compile(Plan* plan) { plan_of(plan).compile(); }
void plan_forward(Plan* plan, int64_t* nanos) { plan_of(plan).forward(nanos); }

void plan_observe(Plan* plan) { plan_of(plan).observe(); }
float plan_range(const Plan* plan, int value) { return plan_of(plan).range(value); }

int plan_steps(const Plan* plan) { return plan_of(plan).steps(); }
int plan_step_operation(const Plan* plan, int step) {
  require(step >= 0 && step < plan_of(plan).steps(), ErrorKind::INVALID, "a plan has no step ", step);
  return plan_of(plan).step_operation(step);
}
const char* plan_step_kernel(const Plan* plan, int step) {
  require(step >= 0 && step < plan_of(plan).steps(), ErrorKind::INVALID, "a plan has no step ", step);
  return plan_of(plan).step_kernel(step).c_str();
}
int plan_step_precision(const Plan* plan, int step) {
  require(step >= 0 && step < plan_of(plan).steps(), ErrorKind::INVALID, "a plan has no step ", step);
  return precision_of(plan_of(plan).step_type(step));
}
int plan_reorders(const Plan* plan) { return plan_of(plan).reorders(); }
int64_t plan_arena_bytes(const Plan* plan) { return plan_of(plan).arena_bytes(); }

}  // namespace caffe4j
