#pragma once
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <unordered_map>
#include <vector>

namespace caffe4j {

class Plan;
class PlanOp;

/** What an operation does to its result before writing it. */
struct PostOp {
  enum class Kind { ACTIVATION, PRELU, SUM };
  Kind kind;
  int function = 0;  // ACTIVATION: of plan.h or elementwise.h
  float a = 0, b = 0, c = 0;
  int weight = -1;   // PRELU: the slopes
  int value = -1;    // SUM: what is added, times a
};

/** oneDNN's name and parameters of an activation. Throws UNSUPPORTED for a function that it lacks. */
struct DnnlActivation {
  DnnlActivation(int function, float a, float b, float c);
  /** True if no result is below 0. */
  bool is_nonnegative() const;
  dnnl::algorithm algorithm;
  float alpha, beta;
};

/**
 * The first post-operations of an operation as attributes of its primitive. A sum goes in place of its summand where the plan may overwrite
 * that, else it is a further argument.
 */
class FusedPosts {
 public:
  FusedPosts(Plan& plan, const PlanOp& op, size_t count, const dnnl::memory::desc& result);

  const dnnl::primitive_attr& attributes() const { return attributes_; }
  /** The memory for the result, which is in `layout`, and the arguments of the post-operations. */
  int write(const dnnl::memory::desc& layout, std::vector<std::pair<int, int>>& slots, std::unordered_map<int, dnnl::memory>& fixed) const;

 private:
  /** How the summand of a post-operation lies: as the result does; to a result of integers its own are added in place, or else floats. */
  dnnl::memory::desc summand_layout(size_t post, const dnnl::memory::desc& result) const;

  Plan& plan_;
  const PlanOp& op_;
  size_t count_;
  int overwritten_ = -1;  // the post-operation whose summand the result overwrites
  dnnl::primitive_attr attributes_;
};

/** Adds the post-operations from number `from` on as steps of their own over the result. */
void add_post_steps(Plan& plan, const PlanOp& op, size_t from);

}  // namespace caffe4j
