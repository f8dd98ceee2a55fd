#include "plan/plan.h"

#include <algorithm>
#include <chrono>

#include "error.h"
#include "plan/tiling.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;

namespace {
constexpr MemoryOrder kLast{Order::CHANNELS_LAST, 1}, kBlocks{Order::BLOCKED, 16};
}

/** The strides of a layout whose elements have such; empty for another. */
static Dims plain_strides(const Desc& layout) {
  if (layout.get_format_kind() != dnnl::memory::format_kind::blocked) return {};
  const Dims dims = layout.get_dims();
  Dims strides = layout.get_strides();
  if (layout.get_inner_nblks() == 0) return strides;
  const bool whole_blocks = layout.get_inner_nblks() == 1 && layout.get_inner_idxs()[0] == 1 && dims[1] % layout.get_inner_blks()[0] == 0;
  if (!whole_blocks || count_of(dims, 2, dims.size()) != 1) return {};
  strides[1] = 1;
  return strides;
}

bool same_places(const Desc& a, const Desc& b) {
  if (a == b) return true;
  const Dims dims = a.get_dims();
  if (dims != b.get_dims() || a.get_data_type() != b.get_data_type()) return false;
  const Dims s = plain_strides(a), t = plain_strides(b);
  if (s.empty() || t.empty()) return false;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] > 1 && s[i] != t[i]) return false;
  }
  return true;
}

bool is_outermost(const Desc& layout, int axis) {
  const Dims dims = layout.get_dims(), strides = layout.get_strides();
  for (int i = 0; i < int(dims.size()); ++i) {
    if (i != axis && dims[size_t(i)] > 1 && strides[size_t(i)] >= strides[size_t(axis)]) return false;
  }
  return true;
}

int Plan::check(int value) const {
  require(value >= 0 && size_t(value) < values_.size(), ErrorKind::INVALID, "a plan has no value ", value);
  return value;
}

static void require_countable_value(const Dims& dims) {
  if (!dims.empty()) require_countable("an optimised net", {dims[0], count_of(dims, 1, dims.size())});
}

int Plan::add_input(Tensor& tensor) {
  require_countable_value(tensor.dims());
  PlanValue value;
  value.dims = tensor.dims();
  value.input = &tensor;
  values_.push_back(value);
  return int(values_.size()) - 1;
}

int Plan::add(std::unique_ptr<PlanOp> op) {
  require(!compiled_, ErrorKind::INVALID, "the plan is compiled");
  for (int input : op->inputs) check(input);
  PlanValue value;
  value.dims = op->infer(*this);
  require_countable_value(value.dims);
  values_.push_back(value);
  add_maker(std::move(op), int(values_.size()) - 1);
  return int(values_.size()) - 1;
}

void Plan::add_maker(std::unique_ptr<PlanOp> op, int output) {
  op->output = output;
  if (op->origin < 0) op->origin = added_++;
  ops_.push_back(std::move(op));
}

PlanOp& Plan::last_op() {
  require(!ops_.empty() && !compiled_, ErrorKind::INVALID, "there is no operation to fuse with");
  return *ops_.back();
}

void Plan::set_output(int value, Tensor& tensor) {
  PlanValue& v = values_[size_t(check(value))];
  require(v.input == nullptr && v.output == nullptr, ErrorKind::INVALID, "a plan writes each value to one tensor, and no input");
  require(v.dims == tensor.dims(), ErrorKind::SHAPE, "a value of shape ", shape_string(v.dims), " does not fit a blob of shape ",
          shape_string(tensor.dims()));
  v.output = &tensor;
}

Desc Plan::preferred(const Dims& dims, dnnl::memory::data_type type) const {
  if (dims.size() < 3 || dims.size() > 5) return row_major(dims, type);
  return family_.layout(dims, type);
}

Desc Plan::working(int value, dnnl::memory::data_type type) const {
  const Desc present = layout(value);
  return same_places(present, row_major(dims(value), type)) || present.get_data_type() != type ? preferred(dims(value), type) : present;
}

Desc Plan::like(const Desc& source, const Dims& to, dnnl::memory::data_type type) const {
  if (to.size() < 3 || to.size() > 5) return row_major(to, type);
  return (source.get_inner_nblks() > 0 ? kBlocks : kLast).layout(to, type);
}

Desc Plan::in_float(const Desc& layout) const {
  const Dims dims = layout.get_dims();
  return same_places(layout, row_major(dims, layout.get_data_type())) ? row_major(dims) : like(layout, dims, dnnl::memory::data_type::f32);
}

dnnl::memory::data_type Plan::result_type() const {
  const PlanValue& value = values_[size_t(ops_[size_t(current_)]->output)];
  return value.integer ? value.quantization.type : value.exact ? dnnl::memory::data_type::f32 : type_;
}

const Quantization* Plan::quantization(int value) const {
  const Quantization& found = values_[size_t(check(value))].quantization;
  return is_integer(found.type) ? &found : nullptr;
}

Desc Plan::working_in_float(int value) const {
  const Desc present = layout(value);
  return is_integer(present.get_data_type()) ? in_float(present) : present;
}

void Plan::choose_family() {
  bool joins = false, last = quantizes_;  // there are no others for integers
  for (const auto& op : ops_) {
    last = last || op->prefers_channels_last();
    joins = joins || op->joins_blocks(*this, kBlocks.block);
  }
  family_ = joins && !last ? kBlocks : kLast;
}

Desc Plan::layout(int value) const {
  const PlanValue& v = values_[size_t(check(value))];
  return v.slots.empty() ? v.input->layout() : slots_[size_t(v.slots.front())].memory.get_desc();
}

int Plan::root(int slot) const {
  while (slots_[size_t(slot)].over >= 0) slot = slots_[size_t(slot)].over;
  return slot;
}

int64_t Plan::offset_in_root(int slot) const {
  int64_t offset = 0;
  for (; slots_[size_t(slot)].over >= 0; slot = slots_[size_t(slot)].over) offset += slots_[size_t(slot)].offset;
  return offset;
}

int Plan::add_slot(int value, const Desc& layout, Home home, int over) {
  const int slot = int(slots_.size());
  slots_.push_back({dnnl::memory(layout, context_->engine(), nullptr), home, value, over, 0, int(steps_.size()), int(steps_.size())});
  if (value >= 0) values_[size_t(value)].slots.push_back(slot);
  return slot;
}

int Plan::read(int value, const Desc& want) {
  PlanValue& v = values_[size_t(check(value))];
  if (v.slots.empty()) add_slot(value, v.input->layout(), Home::INPUT, -1);
  for (int slot : v.slots) {
    const Desc present = memory(slot).get_desc();
    if (present == want) return slot;
    if (same_places(present, want)) return add_slot(value, want, slots_[size_t(slot)].home, slot);
  }
  return convert(v.slots.front(), add_slot(value, want, Home::ARENA, -1));
}

int Plan::convert(int from, int to) {
  const Desc source = memory(from).get_desc(), target = memory(to).get_desc();
  dnnl::primitive_attr attributes;
  Arguments scales;
  if (is_integer(source.get_data_type()) != is_integer(target.get_data_type())) {
    const int scaled = is_integer(source.get_data_type()) ? DNNL_ARG_FROM : DNNL_ARG_TO;
    attributes.set_scales_mask(scaled, 0);
    scales.emplace(DNNL_ARG_ATTR_SCALES | scaled, constant({values_[size_t(slots_[size_t(from)].value)].quantization.scale}));
  }
  dnnl::reorder::primitive_desc pd(context_->engine(), source, context_->engine(), target, attributes);
  add_step(std::string("reorder ") + pd.impl_info_str(), dnnl::reorder(pd), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}, std::move(scales));
  ++reorders_;
  return to;
}

void Plan::deliver_result() {
  const int value = ops_[size_t(current_)]->output;
  const PlanValue& v = values_[size_t(value)];
  if (v.output == nullptr || slots_[size_t(root(v.slots.front()))].home == Home::OUTPUT) return;
  const int from = v.slots.front();
  convert(from, add_slot(value, in_float(memory(from).get_desc()), Home::OUTPUT, -1));
}

int Plan::write(const Desc& layout) {
  const int value = ops_[size_t(current_)]->output;
  const bool outside = values_[size_t(value)].output != nullptr && layout.get_data_type() == dnnl::memory::data_type::f32;
  return add_slot(value, layout, outside ? Home::OUTPUT : Home::ARENA, -1);
}

int Plan::write_over(int slot, const Desc& layout) {
  return add_slot(ops_[size_t(current_)]->output, layout, Home::ARENA, slot);
}

int Plan::write_part(int slot, const Desc& layout, int64_t offset) {
  const int part = write_over(slot, layout);
  slots_[size_t(part)].offset = offset;
  return part;
}

int Plan::write_joined(const std::vector<int>& parts, const Desc& layout) {
  std::vector<int> roots;
  for (int part : parts) {
    const PlanValue& v = values_[size_t(part)];
    if (v.slots.empty()) return -1;
    const int r = root(v.slots.front());
    // The whole of a root's memory must be this part: then it may move into the joined memory with all that lies in it.
    if (slots_[size_t(r)].home != Home::ARENA || memory(v.slots.front()).get_desc() != preferred(v.dims, layout.get_data_type()) || offset_in_root(v.slots.front()) != 0 ||
        memory(r).get_desc().get_size() != memory(v.slots.front()).get_desc().get_size() || std::count(roots.begin(), roots.end(), r) > 0) {
      return -1;
    }
    roots.push_back(r);
  }
  const int joined = write(layout);
  int64_t offset = 0;
  for (int r : roots) {
    Slot& s = slots_[size_t(r)];
    s.over = joined;
    s.offset = offset;
    used(joined, s.first);
    offset += int64_t(s.memory.get_desc().get_size());
  }
  return joined;
}

int Plan::lay_out(int slot, const Desc& layout) {
  return same_places(memory(slot).get_desc(), layout) ? view(slot, layout) : convert(slot, add_slot(-1, layout, Home::ARENA, -1));
}

bool Plan::share_memory(int a, int b) const {
  for (int s : values_[size_t(a)].slots) {
    for (int t : values_[size_t(b)].slots) {
      if (root(s) == root(t)) return true;
    }
  }
  return false;
}

bool Plan::may_overwrite(int value) const {
  const PlanValue& v = values_[size_t(check(value))];
  if (v.input != nullptr || v.last_use > current_ || values_[size_t(ops_[size_t(current_)]->output)].output != nullptr) return false;
  for (size_t other = 0; other < values_.size(); ++other) {
    if (!share_memory(value, int(other))) continue;
    if (values_[other].last_use > current_ || values_[other].output != nullptr || values_[other].input != nullptr) return false;
  }
  return true;
}

void Plan::used(int slot, int step) {
  Slot& s = slots_[size_t(root(slot))];
  s.first = std::min(s.first, step);
  s.last = std::max(s.last, step);
}

void Plan::add_step(const std::string& kernel, dnnl::primitive primitive, const std::vector<std::pair<int, int>>& slots, Arguments fixed) {
  for (const auto& [argument, slot] : slots) {
    used(slot, int(steps_.size()));
    fixed.emplace(argument, memory(slot));
  }
  steps_.push_back({current_, kernel, memory(slots.front().second).get_desc().get_data_type(), std::move(primitive), std::move(fixed), nullptr});
}

void Plan::add_loop(const std::string& kernel, const std::vector<int>& slots, std::function<void()> loop) {
  for (int slot : slots) used(slot, int(steps_.size()));
  steps_.push_back({current_, kernel, memory(slots.front()).get_desc().get_data_type(), dnnl::primitive(), {}, std::move(loop)});
}

void Plan::find_last_uses() {
  for (size_t i = 0; i < ops_.size(); ++i) {
    for (int input : ops_[i]->inputs) values_[size_t(input)].last_use = int(i);
    for (const PostOp& post : ops_[i]->posts) {
      if (post.kind == PostOp::Kind::SUM) values_[size_t(post.value)].last_use = int(i);
    }
  }
}

void Plan::find_exact_values() {
  for (PlanValue& value : values_) value.exact = value.output != nullptr;
  for (auto op = ops_.rbegin(); op != ops_.rend(); ++op) {
    if (!(*op)->needs_float() && ((*op)->changes_type() || !values_[size_t((*op)->output)].exact)) continue;
    for (int input : (*op)->inputs) values_[size_t(input)].exact = true;
    if ((*op)->needs_float()) values_[size_t((*op)->output)].exact = true;
  }
}

void Plan::compile() {
  require(!compiled_, ErrorKind::INVALID, "the plan is compiled");
  context_->enter();  // kernels are chosen for the number of threads
  choose_family();
  if (!quantizes_) compute_in_parts(*this);  // ranges are of values as they were added
  compiled_ = true;
  find_last_uses();
  find_exact_values();
  find_nonnegative_values();
  find_integer_values();
  for (current_ = 0; size_t(current_) < ops_.size(); ++current_) {
    const PlanOp& op = *ops_[size_t(current_)];
    try {
      op.compile(*this);
      deliver_result();
    } catch (const dnnl::error& e) {
      fail(ErrorKind::UNSUPPORTED, "layer '", op.name, "': oneDNN has no kernel for this operation: ", e.what());
    }
  }
  place();
  givers_.clear();
}

void Plan::place() {
  std::vector<ArenaBlock> blocks(slots_.size());
  std::vector<ArenaBlock*> roots;
  for (size_t i = 0; i < slots_.size(); ++i) {
    ArenaBlock& block = blocks[size_t(root(int(i)))];
    block.bytes = std::max(block.bytes, offset_in_root(int(i)) + int64_t(slots_[i].memory.get_desc().get_size()));
    if (slots_[i].over >= 0) continue;
    if (slots_[i].home == Home::ARENA) {
      block.first = slots_[i].first;
      block.last = slots_[i].last;
      roots.push_back(&block);
      continue;
    }
    const PlanValue& value = values_[size_t(slots_[i].value)];
    Binding binding{slots_[i].home == Home::INPUT ? value.input : value.output, slots_[i].home == Home::OUTPUT, int(i), {}};
    for (size_t k = 0; k < slots_.size(); ++k) {
      if (root(int(k)) == int(i)) binding.slots.push_back(int(k));
    }
    bindings_.push_back(binding);
  }
  arena_bytes_ = place_blocks(roots);
  arena_ = std::make_unique<Buffer>(arena_bytes_ / int64_t(sizeof(float)) + 1);
  for (size_t i = 0; i < slots_.size(); ++i) {
    const int r = root(int(i));
    if (slots_[size_t(r)].home != Home::ARENA) continue;
    slots_[i].memory.set_data_handle(reinterpret_cast<char*>(arena_->data()) + blocks[size_t(r)].offset + offset_in_root(int(i)));
  }
}

void Plan::forward(int64_t* nanos, const std::function<void(int value)>& observe) {
  require(compiled_, ErrorKind::INVALID, "the plan is not compiled");
  require(!gave_up_, ErrorKind::INVALID, "the plan has given up its weights for another");
  context_->enter();
  for (const Binding& binding : bindings_) {
    const Desc layout = memory(binding.root).get_desc();
    float* values = binding.output ? binding.tensor->overwrite_in(layout) : const_cast<float*>(binding.tensor->values_in(layout));
    for (int slot : binding.slots) {
      slots_[size_t(slot)].memory.set_data_handle(reinterpret_cast<char*>(values) + offset_in_root(slot));
    }
  }
  using Clock = std::chrono::steady_clock;
  for (size_t i = 0; observe && i < values_.size(); ++i) {
    if (values_[i].input != nullptr) observe(int(i));
  }
  try {
    for (size_t i = 0; i < steps_.size(); ++i) {
      const Step& step = steps_[i];
      const auto begin = nanos == nullptr ? Clock::time_point() : Clock::now();
      if (step.loop) {
        step.loop();
      } else {
        step.primitive.execute(context_->stream(), step.arguments);
      }
      if (nanos != nullptr) nanos[i] = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count();
      // Operations without steps of their own made their results where they read.
      const size_t next = i + 1 < steps_.size() ? size_t(steps_[i + 1].op) : ops_.size();
      for (size_t op = size_t(step.op); observe && op < next; ++op) observe(ops_[op]->output);
    }
    context_->stream().wait();
  } catch (const dnnl::error& e) {
    fail(e.status == dnnl_out_of_memory ? ErrorKind::HOST_MEMORY : ErrorKind::INTERNAL, "oneDNN: ", e.what());
  }
  context_->add_reorders(reorders_);
}

}  // namespace caffe4j
