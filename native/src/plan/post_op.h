#pragma once
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernels/power.h"

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

/** An activation as functions of oneDNN, each of what the one before it makes. Throws UNSUPPORTED for one that has none. */
class DnnlActivation {
 public:
  DnnlActivation(int function, float a, float b, float c);
  explicit DnnlActivation(const PostOp& post) : DnnlActivation(post.function, post.a, post.b, post.c) {}

  /** True if no result is below 0. */
  bool is_nonnegative() const;
  /** The slope below 0 of a ReLU; nothing for other activations. */
  std::optional<float> relu_slope() const;
  /** True if that of 0 is 0. */
  bool keeps_zero() const;
  void append_to(dnnl::post_ops& posts) const;
  /** True where a loop of our own over values in `layout` is quicker than oneDNN's function is as a post-operation: powers of floats. */
  bool has_loop(const dnnl::memory::desc& layout) const {
    return general_power_ && layout.get_data_type() == dnnl::memory::data_type::f32;
  }
  /** Adds a step, or where no kernel takes all functions one for each, over values in `layout` from slot `from` to slot `to`, which may be `from`. */
  void add_steps(Plan& plan, const dnnl::memory::desc& layout, int from, int to) const;
  /** True if there are kernels, and no reference ones, for values in `layout`. */
  bool is_fast(const dnnl::engine& engine, const dnnl::memory::desc& layout) const;

 private:
  struct Function {
    dnnl::algorithm algorithm;
    float alpha, beta;

    dnnl::eltwise_forward::primitive_desc describe(const dnnl::engine& engine, const dnnl::memory::desc& layout) const {
      return {engine, dnnl::prop_kind::forward_inference, algorithm, layout, layout, alpha, beta};
    }
  };
  /** alpha * x + beta, left out where that is x. */
  void append_linear(float alpha, float beta);
  /** All functions behind a product with 1; empty where there is no kernel for that. */
  std::optional<dnnl::binary::primitive_desc> describe_all(const dnnl::engine& engine, const dnnl::memory::desc& layout) const;

  std::vector<Function> functions_;
  std::optional<PowerForward<PowerKind::GENERAL>> general_power_;  // the same as functions_
};

/** True for an activation that is fused with an operation whose result has a layout. */
inline bool is_fused_activation(const PostOp& post, const dnnl::memory::desc& layout) {
  return post.kind == PostOp::Kind::ACTIVATION && !DnnlActivation(post).has_loop(layout);
}

/**
 * The first post-operations of an operation as attributes of its primitive. A sum goes in place of its summand where the plan may overwrite
 * that, else it is a further argument.
 */
class FusedPosts {
 public:
  FusedPosts(Plan& plan, const PlanOp& op, size_t count, const dnnl::memory::desc& result);

  const dnnl::primitive_attr& attributes() const { return attributes_; }
  /**
   * The memory for the result, which is in `layout`, and the arguments of the post-operations. Where the result does not go in place of a
   * summand, it goes in place of slot `over`, if that is given.
   */
  int write(const dnnl::memory::desc& layout, std::vector<std::pair<int, int>>& slots, std::unordered_map<int, dnnl::memory>& fixed,
            int over = -1) const;

 private:
  /** How the summand of a post-operation lies: as the result does; to a result of integers its own are added in place, or else floats. */
  dnnl::memory::desc summand_layout(size_t post, const dnnl::memory::desc& result) const;

  Plan& plan_;
  const PlanOp& op_;
  size_t count_;
  int overwritten_ = -1;      // the post-operation whose summand the result overwrites
  std::vector<int> places_;   // of the post-operations among oneDNN's
  dnnl::primitive_attr attributes_;
};

/**
 * The layout for a weight of a value for each channel of values in `layout`, or of one for all, that kernels for `layout` take. Throws SHAPE where
 * the numbers differ.
 */
dnnl::memory::desc per_channel(const Plan& plan, int weight, const dnnl::memory::desc& layout);

/** Adds the step of a PReLU over values in `layout` from slot `from` to slot `to`, which may be the same. */
void add_prelu_step(Plan& plan, int slope, const dnnl::memory::desc& layout, int from, int to);

/** Adds the post-operations from number `from` on as steps of their own over the result. */
void add_post_steps(Plan& plan, const PlanOp& op, size_t from);

}  // namespace caffe4j
