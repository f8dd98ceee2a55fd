#pragma once
#include "plan/ops.h"
#include "plan/plan.h"

namespace caffe4j {

/**
 * Adds the step of a convolution by Winograd's algorithm, its post-operations included, where the plan's setting and the shape are for it;
 * returns false where not.
 *
 * @param plain the weights as they came
 */
bool add_winograd(Plan& plan, const PlanOp& op, const ConvolutionOperands& operands, const dnnl::memory::desc& plain);

}  // namespace caffe4j
