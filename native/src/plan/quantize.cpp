// Which values of a plan are integers of 8 bits, and what an integer stands for.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "error.h"
#include "plan/plan.h"

namespace caffe4j {

using DataType = dnnl::memory::data_type;

namespace {

Quantization quantization_of(float range, bool nonnegative) {
  if (!(range > 0)) return {};
  return {nonnegative ? DataType::u8 : DataType::s8, range / float(nonnegative ? kUnsignedLevels : kSignedLevels)};
}

}  // namespace

void Plan::set_range(int value, float range) {
  require(quantizes_ && !compiled_, ErrorKind::INVALID, "ranges are for plans of integers that are not compiled yet");
  require(range >= 0 && std::isfinite(range), ErrorKind::INVALID, "a range must be finite and not negative, got ", range);
  values_[size_t(check(value))].range = range;
}

void Plan::find_nonnegative_values() {
  for (const auto& op : ops_) {
    bool inputs = true;
    for (int input : op->inputs) inputs = inputs && values_[size_t(input)].nonnegative;
    bool& nonnegative = values_[size_t(op->output)].nonnegative;
    nonnegative = op->posts.empty() ? op->is_nonnegative(inputs)
                                    : op->posts.back().kind == PostOp::Kind::ACTIVATION &&
                                          DnnlActivation(op->posts.back()).is_nonnegative();
  }
}

/** Operations that multiply with weights take integers, and make them where everybody who multiplies them gets them unchanged. */
void Plan::find_integer_values() {
  if (!quantizes_) return;
  std::vector<bool> possible(values_.size(), false), wanted(values_.size(), false);
  const auto keeps = [](const PlanOp& op) { return op.selects() && op.posts.empty(); };
  for (const auto& op : ops_) {
    bool all = op->changes_type() || keeps(*op);
    if (!op->changes_type()) {
      for (int input : op->inputs) all = all && possible[size_t(input)];
    }
    const PlanValue& value = values_[size_t(op->output)];
    possible[size_t(op->output)] = all && !value.exact && value.range > 0;
  }
  for (auto it = ops_.rbegin(); it != ops_.rend(); ++it) {
    const PlanOp& op = **it;
    const bool makes = possible[size_t(op.output)] && wanted[size_t(op.output)];
    for (int input : op.inputs) wanted[size_t(input)] = wanted[size_t(input)] || op.changes_type() || (keeps(op) && makes);
    for (const PostOp& post : op.posts) {
      if (post.kind == PostOp::Kind::SUM && makes) wanted[size_t(post.value)] = true;
    }
  }
  for (size_t i = 0; i < values_.size(); ++i) values_[i].integer = possible[i] && wanted[i];
  share_ranges();
}

void Plan::share_ranges() {
  std::vector<int> group(values_.size());
  std::iota(group.begin(), group.end(), 0);
  for (const auto& op : ops_) {
    if (op->changes_type() || !values_[size_t(op->output)].integer) continue;
    for (int input : op->inputs) {
      const int from = group[size_t(input)], to = group[size_t(op->output)];
      std::replace(group.begin(), group.end(), from, to);
    }
  }
  std::vector<float> range(values_.size(), 0);
  std::vector<bool> nonnegative(values_.size(), true);
  for (size_t i = 0; i < values_.size(); ++i) {
    range[size_t(group[i])] = std::max(range[size_t(group[i])], values_[i].range);
    if (!values_[i].nonnegative) nonnegative[size_t(group[i])] = false;
  }
  for (size_t i = 0; i < values_.size(); ++i) values_[i].quantization = quantization_of(range[size_t(group[i])], nonnegative[size_t(group[i])]);
}

void Plan::observe() {
  const bool floats = std::none_of(values_.begin(), values_.end(), [](const PlanValue& value) { return value.range > 0; });
  require(quantizes_ && floats, ErrorKind::INVALID, "plans of PLAN_INT8 without ranges are observed, and no others");
  histograms_.resize(values_.size());
  forward(nullptr, [this](int value) {
    if (values_[size_t(value)].slots.empty()) return;  // an input that nobody reads
    const dnnl::memory& at = memory(values_[size_t(value)].slots.front());
    try {
      histograms_[size_t(value)].add(static_cast<const float*>(at.get_data_handle()), int64_t(at.get_desc().get_size() / sizeof(float)));
    } catch (const Error&) {
      const auto op = std::find_if(ops_.begin(), ops_.end(), [value](const auto& candidate) { return candidate->output == value; });
      fail(ErrorKind::DATA, op == ops_.end() ? "an input" : "what layer '" + (*op)->name + "' makes",
           " has a value that is not finite (NaN or infinity): nets are calibrated with samples like those that they will see");
    }
  });
}

float Plan::range(int value) const {
  check(value);
  if (size_t(value) >= histograms_.size()) return 0;
  return histograms_[size_t(value)].threshold(values_[size_t(value)].nonnegative ? kUnsignedLevels : kSignedLevels);
}

dnnl::memory Plan::constant(const std::vector<float>& values) {
  held_.push_back(std::make_shared<Buffer>(int64_t(values.size())));
  std::copy(values.begin(), values.end(), held_.back()->data());
  return dnnl::memory(row_major({int64_t(values.size())}), context_->engine(), held_.back()->data());
}

dnnl::memory Plan::quantized_weight(int id, const dnnl::memory::desc& plain, const dnnl::memory::desc& want, int leading, Arguments& arguments) {
  const QuantizedWeight weight = weights_->quantized(*context_, id, plain, want, leading);
  held_.push_back(weight.values);
  held_.push_back(weight.scales);
  arguments.emplace(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS,
                    dnnl::memory(row_major({count_of(plain.get_dims(), 0, size_t(leading))}), context_->engine(), weight.scales->data()));
  return dnnl::memory(want, context_->engine(), weight.values->data());
}

}  // namespace caffe4j
