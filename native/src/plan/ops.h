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
std::unique_ptr<PlanOp> make_plan_activation(std::string name, int input, int function, float a, float b, float c);
std::unique_ptr<PlanOp> make_plan_prelu(std::string name, int input, int slope);
std::unique_ptr<PlanOp> make_plan_affine(std::string name, int input, int scale, int shift);
std::unique_ptr<PlanOp> make_plan_view(std::string name, int input, Dims dims);

}  // namespace caffe4j
