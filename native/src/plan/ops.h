#pragma once
// The operations of a plan, one function that makes each; plan.h of the API says what they compute.
#include <memory>
#include <string>
#include <vector>

#include "kernels/pooling.h"
#include "plan/plan.h"

namespace caffe4j {

struct ConvolutionOperands {
  int weight, bias;  // numbers of frozen weights; bias -1 for none
  int64_t num_output, group;
  Dims kernel, stride, pad, dilation;
};

std::unique_ptr<PlanOp> make_plan_convolution(std::string name, int input, const ConvolutionOperands& operands, bool transposed);
std::unique_ptr<PlanOp> make_plan_inner_product(std::string name, int input, int weight, int bias, int64_t outputs, bool transposed);

struct PlanPoolingWindow {
  int method;
  int64_t kernel[2], stride[2], pad[2], out[2];

  PoolingWindow window() const { return {{kernel[0], stride[0], pad[0]}, {kernel[1], stride[1], pad[1]}}; }
};
std::unique_ptr<PlanOp> make_plan_pooling(std::string name, int input, const PlanPoolingWindow& window);

std::unique_ptr<PlanOp> make_plan_lrn(std::string name, int input, int region, int64_t size, float alpha, float beta, float k);
std::unique_ptr<PlanOp> make_plan_softmax(std::string name, int input, int axis);
std::unique_ptr<PlanOp> make_plan_concat(std::string name, std::vector<int> inputs, int axis);
/** `count` values from `begin` on along an axis. */
std::unique_ptr<PlanOp> make_plan_slice(std::string name, int input, int axis, int64_t begin, int64_t count);
/** The part of a value of shape `whole` that begins at `begin` and has the shape `dims`. */
std::unique_ptr<PlanOp> make_plan_slice(std::string name, int input, const Dims& whole, const Dims& begin, const Dims& dims);
std::unique_ptr<PlanOp> make_plan_eltwise(std::string name, int combination, std::vector<int> inputs, std::vector<float> coeff);

/** What is combined with a value: a second one, or a weight of shape `dims`. */
struct BroadcastOperands {
  int combination;    // PLAN_SUM or PLAN_PRODUCT
  int axis;           // of the value, at which those of the operand begin
  int weight, shift;  // -1 for none; the shift has the operand's shape and is added to the result
  Dims dims;
};
std::unique_ptr<PlanOp> make_plan_broadcast(std::string name, std::vector<int> inputs, const BroadcastOperands& operands);

std::unique_ptr<PlanOp> make_plan_activation(std::string name, int input, int function, float a, float b, float c);
std::unique_ptr<PlanOp> make_plan_prelu(std::string name, int input, int slope);
std::unique_ptr<PlanOp> make_plan_affine(std::string name, int input, int scale, int shift);
std::unique_ptr<PlanOp> make_plan_view(std::string name, int input, Dims dims);
/** The axes from `axis` on to one value, as reduction_forward. */
std::unique_ptr<PlanOp> make_plan_reduction(std::string name, int input, int operation, int axis, float coeff);
std::unique_ptr<PlanOp> make_plan_tile(std::string name, int input, int axis, int64_t tiles);

struct ArgMaxChoice {
  int axis;  // along which the largest are chosen; -1: all but the first, as one
  int64_t top_k;
  bool indices, values;
  Dims dims;  // of the result
};
std::unique_ptr<PlanOp> make_plan_argmax(std::string name, int input, const ArgMaxChoice& choice);
std::unique_ptr<PlanOp> make_plan_mvn(std::string name, int input, bool across_channels, bool normalize_variance, float eps);

}  // namespace caffe4j
