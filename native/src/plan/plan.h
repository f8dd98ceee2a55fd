#pragma once
// Inside the inference plan: values, operations that make them, and the steps that they compile to.
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "caffe4j/plan.h"
#include "memory_order.h"
#include "packed_weights.h"
#include "plan/arena.h"
#include "plan/histogram.h"
#include "plan/post_op.h"
#include "plan/weight_store.h"
#include "tensor.h"

namespace caffe4j {

/** Steps between 0 and the largest value that an integer of 8 bits without and with a sign stands for. */
constexpr int kUnsignedLevels = 255, kSignedLevels = 127;

inline bool is_integer(dnnl::memory::data_type type) { return type == dnnl::memory::data_type::u8 || type == dnnl::memory::data_type::s8; }

/** A value as integers: scale times the integer. */
struct Quantization {
  dnnl::memory::data_type type = dnnl::memory::data_type::undef;  // u8 or s8; undef: it has no such form
  float scale = 1;
};

/** What flows between operations. */
struct PlanValue {
  Dims dims;
  Tensor* input = nullptr;   // read from here
  Tensor* output = nullptr;  // written to here
  bool exact = false;        // float, whatever the plan's precision
  bool nonnegative = false;  // by what makes it, whatever the inputs are
  float range = 0;           // the largest absolute value as an integer, 0 where it has no such form
  bool integer = false;      // its maker makes integers, if it has a kernel that does
  Quantization quantization;
  int last_use = -1;         // the last operation that reads it
  std::vector<int> slots;    // its memory in each layout that was needed; the first is what its maker wrote
};

class Plan;
struct ConvolutionOperands;
struct PlanPoolingWindow;

/** Rows of a value that a part of an operation reads, and rows of padding before and behind them. */
struct RowBand {
  int64_t first, count, before, after;
};

/** The rows [begin, end) of a value of `height` rows, those that it does not have as padding. */
inline RowBand rows_of(int64_t height, int64_t begin, int64_t end) {
  const int64_t first = std::max<int64_t>(begin, 0), last = std::min(end, height);
  return {first, last - first, first - begin, end - last};
}

/** One operation of a plan. Immutable once compiled. */
class PlanOp {
 public:
  PlanOp(std::string op_name, std::vector<int> op_inputs) : name(std::move(op_name)), inputs(std::move(op_inputs)) {}
  virtual ~PlanOp() = default;

  /** A copy, which may be given other inputs. */
  virtual std::unique_ptr<PlanOp> clone() const = 0;

  /** The shape of the result; throws SHAPE where the inputs do not fit. */
  virtual Dims infer(const Plan& plan) const = 0;
  /** Adds the steps that compute the result, post-operations included. */
  virtual void compile(Plan& plan) const = 0;
  /** True for operations whose kernels may write another type than they read: those that multiply with weights. */
  virtual bool changes_type() const { return false; }
  /** True where nothing but float will do. */
  virtual bool needs_float() const { return false; }
  /** True where each value of the result is a value of an input. */
  virtual bool selects() const { return false; }
  /** True if the result, before post-operations, has no value below 0; `of_nonnegative` says whether the inputs have none. */
  virtual bool is_nonnegative(bool of_nonnegative) const {
    (void)of_nonnegative;
    return false;
  }
  /** True where the kernels for channels last are so much quicker that this decides for the whole plan. */
  virtual bool prefers_channels_last() const { return false; }
  /** True for a concatenation that costs nothing in channel blocks of `block`. */
  virtual bool joins_blocks(const Plan& plan, int64_t block) const {
    (void)plan;
    (void)block;
    return false;
  }

  // What a plan may compute in parts, see tiling.h.

  /** What a convolution has, null for other operations. */
  virtual const ConvolutionOperands* as_convolution() const { return nullptr; }
  /** The same of a pooling. */
  virtual const PlanPoolingWindow* as_pooling() const { return nullptr; }
  /** The same of an activation. */
  virtual const DnnlActivation* as_activation() const { return nullptr; }

  /** True where image i of the result follows from image i of the inputs, at no more cost in small batches than in large ones. */
  virtual bool is_per_image(const Plan& plan) const {
    (void)plan;
    return true;
  }
  /** Makes a copy compute a batch of so many images. */
  virtual void set_batch(int64_t images) { (void)images; }
  /** Finds the input rows for rows [first, end) of the result of 4 axes; false where the result does not follow row by row. */
  virtual bool find_rows(const Plan& plan, int64_t first, int64_t end, RowBand& band) const {
    (void)plan, (void)first, (void)end, (void)band;
    return false;
  }
  /** Makes a copy compute `rows` rows of the result from a band of the input. */
  virtual void set_rows(const RowBand& band, int64_t rows) { (void)band, (void)rows; }
  /** True where the result takes the place of the input if nobody else reads that. */
  virtual bool overwrites_input() const { return false; }
  /** Multiply-adds for a value of the result, about. */
  virtual int64_t work_per_value(const Plan& plan) const {
    (void)plan;
    return 1;
  }

  std::string name;
  std::vector<int> inputs;
  std::vector<PostOp> posts;
  int output = -1;
  int origin = -1;  // its number among the operations as they were added
};

using Arguments = std::unordered_map<int, dnnl::memory>;

class Plan {
 public:
  /**
   * @param type of weights and of values between operations; s8: integers, where a range is set and an operation has kernels for them, else
   *     float
   */
  Plan(Context& context, std::shared_ptr<WeightStore> weights, dnnl::memory::data_type type)
      : context_(context.shared_from_this()), weights_(std::move(weights)), type_(is_integer(type) ? dnnl::memory::data_type::f32 : type),
        quantizes_(is_integer(type)) {}

  // Building.
  int add_input(Tensor& tensor);
  int add(std::unique_ptr<PlanOp> op);
  /** As add, for an operation that makes a value which exists already. */
  void add_maker(std::unique_ptr<PlanOp> op, int output);
  /** Gives up the operations, to be added again as others. */
  std::vector<std::unique_ptr<PlanOp>> take_operations() { return std::move(ops_); }
  const std::vector<std::unique_ptr<PlanOp>>& operations() const { return ops_; }
  PlanOp& last_op();
  void set_output(int value, Tensor& tensor);
  void set_winograd(PlanWinograd where) { winograd_ = where; }
  /** The largest absolute value that `value` has as integers; greater ones are cut off. Without it `value` stays float. */
  void set_range(int value, float range);
  /** Before compile: `other`, a plan of the same weights that does not run meanwhile, gives up all it has where it holds a weight otherwise than this one. */
  void take_from(Plan& other) { givers_.push_back(&other); }
  void compile();

  // Running.
  /** True once a weight that this holds was packed anew for another plan, so that it exists twice, or was given up for it. */
  bool is_outdated();
  /** @param observe called with each value as soon as it is made, while its memory holds it; may be empty */
  void forward(int64_t* nanos, const std::function<void(int value)>& observe = {});
  /** Runs forward and counts the absolute values of everything that is made. */
  void observe();
  /** The range for a value that loses least of what was observed; 0 where nothing but zeros was. */
  float range(int value) const;

  /** Decides on the family of layouts: blocks of channels where that makes concatenations free, else channels last, which has the quicker kernels. */
  void choose_family();

  // What operations use.
  Context& context() const { return *context_; }
  WeightStore& weights() const { return *weights_; }
  const Dims& dims(int value) const { return values_[size_t(check(value))].dims; }
  int values() const { return int(values_.size()); }
  bool is_input(int value) const { return values_[size_t(check(value))].input != nullptr; }
  bool is_output(int value) const { return values_[size_t(check(value))].output != nullptr; }
  /** True where values are kept with channels last, false where in blocks of channels. */
  bool keeps_channels_last() const { return family_.order == Order::CHANNELS_LAST; }
  /** The layout that a value was made in. */
  dnnl::memory::desc layout(int value) const;
  /** The type of weights, and of what is multiplied with them, where these are not integers. */
  dnnl::memory::data_type type() const { return type_; }
  PlanWinograd winograd() const { return quantizes_ ? PLAN_WINOGRAD_NEVER : winograd_; }
  /** The type for the result of the operation that compiles. */
  dnnl::memory::data_type result_type() const;
  /** How a value is multiplied as integers; null in plans without integers, and where it has no such form. */
  const Quantization* quantization(int value) const;
  /** The layout that a value was made in, as floats if it was made as integers: for what computes value by value. */
  dnnl::memory::desc working_in_float(int value) const;
  /** The layout that the plan prefers for a shape: one family for all values of 3 to 5 axes. */
  dnnl::memory::desc preferred(const Dims& dims, dnnl::memory::data_type type) const;
  /** The layout that an operation should take a value in: the one that it is in, unless that is row-major or of another type. */
  dnnl::memory::desc working(int value, dnnl::memory::data_type type) const;
  /** The layout for a result of shape `dims` whose source has `layout`: of the same family. */
  dnnl::memory::desc like(const dnnl::memory::desc& layout, const Dims& dims, dnnl::memory::data_type type) const;
  /** A layout with its values as floats. */
  dnnl::memory::desc in_float(const dnnl::memory::desc& layout) const;
  /** Memory with a value in layout `want`, converted by a step of its own where need be. */
  int read(int value, const dnnl::memory::desc& want);
  /** New memory for the result of the operation that compiles. */
  int write(const dnnl::memory::desc& layout);
  /** As write, in the place of `slot`, whose values the operation may overwrite: see may_overwrite. */
  int write_over(int slot, const dnnl::memory::desc& layout);
  /** As write, a part of the memory of `slot` that begins so many bytes behind it. */
  int write_part(int slot, const dnnl::memory::desc& layout, int64_t offset);
  /** New memory of so many floats for the operation that compiles to work in. */
  int write_scratch(int64_t floats) { return add_slot(-1, row_major({floats}), Home::ARENA, -1); }
  /** The memory of `slot` seen in another layout. */
  int view(int slot, const dnnl::memory::desc& layout) { return add_slot(-1, layout, Home::ARENA, slot); }
  /** The values of `slot`, which has floats, in another layout of the same shape, converted by a step where they lie elsewhere there. */
  int lay_out(int slot, const dnnl::memory::desc& layout);
  /**
   * New memory for the result of the operation that compiles, in which the values of `parts` lie one behind the other, so that there is
   * nothing to do; -1 where they cannot.
   */
  int write_joined(const std::vector<int>& parts, const dnnl::memory::desc& layout);
  /** True if the operation that compiles is the last to read `value`, and nothing outside sees the memory. */
  bool may_overwrite(int value) const;
  /** True if the result of the operation that compiles may lie in its input's memory as it is. */
  bool may_share() const { return values_[size_t(ops_[size_t(current_)]->output)].output == nullptr; }
  /** True if two values lie in the same memory. */
  bool share_memory(int a, int b) const;
  const dnnl::memory& memory(int slot) const { return slots_[size_t(slot)].memory; }
  /** The memory of the compiling operation's result. */
  int result() const { return values_[size_t(ops_[size_t(current_)]->output)].slots.front(); }
  /** A frozen weight as an argument of a primitive. */
  dnnl::memory weight(int id, const dnnl::memory::desc& plain, const dnnl::memory::desc& want);
  dnnl::memory weight(int id, const dnnl::memory::desc& want) { return weight(id, want, want); }
  /** The same as integers, whose scales become arguments too; `leading` axes of `plain` count the output channels. */
  dnnl::memory quantized_weight(int id, const dnnl::memory::desc& plain, const dnnl::memory::desc& want, int leading, Arguments& arguments);
  /** Memory with values that never change. */
  dnnl::memory constant(const std::vector<float>& values);
  /** A step that runs a primitive; `slots` are its arguments among the values, `fixed` the others. */
  void add_step(const std::string& kernel, dnnl::primitive primitive, const std::vector<std::pair<int, int>>& slots, Arguments fixed = {});
  /** A step that runs a loop of our own over the memory of `slots`. */
  void add_loop(const std::string& kernel, const std::vector<int>& slots, std::function<void()> loop);

  // Reports.
  int steps() const { return int(steps_.size()); }
  /** The number of the step's operation in the order in which they were added. */
  int step_operation(int step) const { return ops_[size_t(steps_.at(size_t(step)).op)]->origin; }
  const std::string& step_kernel(int step) const { return steps_.at(size_t(step)).kernel; }
  /** The type of what a step reads. */
  dnnl::memory::data_type step_type(int step) const { return steps_.at(size_t(step)).type; }
  int reorders() const { return reorders_; }
  int64_t arena_bytes() const { return arena_bytes_; }

 private:
  enum class Home { ARENA, INPUT, OUTPUT };

  /** Memory of a value in one layout; `over` is the slot in whose place it lies, or -1. */
  struct Slot {
    dnnl::memory memory;
    Home home;
    int value;
    int over;
    int64_t offset;   // bytes from the beginning of `over`
    int first, last;  // steps that use it
  };

  struct Step {
    int op;
    std::string kernel;
    dnnl::memory::data_type type;
    dnnl::primitive primitive;
    Arguments arguments;
    std::function<void()> loop;
  };

  /** Memory that is bound anew at each forward, and the slots in it. */
  struct Binding {
    Tensor* tensor;
    bool output;
    int root;
    std::vector<int> slots;
  };

  int check(int value) const;
  /** Has the givers that hold a weight in other memory than this plan will have give up. */
  void make_way(int id, const dnnl::memory::desc& plain, const dnnl::memory::desc& want);
  void give_up();
  int root(int slot) const;
  /** Bytes from the beginning of the root's memory. */
  int64_t offset_in_root(int slot) const;
  int add_slot(int value, const dnnl::memory::desc& layout, Home home, int over);
  void used(int slot, int step);
  void find_last_uses();
  /** Decides which values are float in a plan of lower precision. */
  void find_exact_values();
  void find_nonnegative_values();
  /** Decides which values are made as integers. */
  void find_integer_values();
  /** Integers that are passed on mean the same everywhere: one range for all. */
  void share_ranges();
  /** Converts the result of the operation that compiled where it goes to a tensor and is not float. */
  void deliver_result();
  /** Adds a step that converts the values of slot `from` to slot `to`, which is returned. */
  int convert(int from, int to);
  void place();

  std::shared_ptr<Context> context_;
  std::shared_ptr<WeightStore> weights_;
  dnnl::memory::data_type type_;
  PlanWinograd winograd_ = PLAN_WINOGRAD_AUTO;
  bool quantizes_;
  MemoryOrder family_;
  std::vector<PlanValue> values_;
  std::vector<std::unique_ptr<PlanOp>> ops_;
  std::vector<Slot> slots_;
  std::vector<Step> steps_;
  std::vector<Binding> bindings_;
  std::vector<std::shared_ptr<Buffer>> held_;  // scales and other constants
  std::vector<std::pair<int, std::shared_ptr<Buffer>>> held_weights_;
  std::vector<Plan*> givers_;  // while it compiles
  int64_t weight_moves_ = -1;  // up to which none of these was packed anew
  std::vector<Histogram> histograms_;          // of each value, once observed
  std::unique_ptr<Buffer> arena_;
  int64_t arena_bytes_ = 0;
  int reorders_ = 0;
  int added_ = 0;     // operations that were added before compile
  int current_ = -1;  // the operation that compiles
  bool compiled_ = false, gave_up_ = false;
};

/** A primitive descriptor for `layout`, or for its values as floats where oneDNN has no fast kernel for their type; `layout` becomes that. */
template <class Make>
auto describe_fast(const Plan& plan, dnnl::memory::desc& layout, const Make& make) {
  if (layout.get_data_type() != dnnl::memory::data_type::f32) {
    try {
      auto pd = make(layout);
      if (!is_reference(pd.impl_info_str())) return pd;
    } catch (const dnnl::error&) {  // no kernel for this type
    }
    layout = plan.in_float(layout);
  }
  return make(layout);
}

/** The row-major layout with a type. */
inline dnnl::memory::desc row_major(const Dims& dims, dnnl::memory::data_type type) { return MemoryOrder().layout(dims, type); }

/** True where a layout keeps what lies side by side along an axis in one piece of memory each: no axis that has a length lies further out. */
bool is_outermost(const dnnl::memory::desc& layout, int axis);

/**
 * True where two layouts put the same elements at the same places although their descriptors differ: strides of axes of length 1, whole blocks of
 * channels with nothing behind them.
 */
bool same_places(const dnnl::memory::desc& a, const dnnl::memory::desc& b);

}  // namespace caffe4j
