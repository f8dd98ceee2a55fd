#include "plan/lives.h"

namespace caffe4j {

Lives::Lives(const Plan& plan)
    : plan_(plan), made(size_t(plan.values()), -1), last(size_t(plan.values()), -1), alive(plan.operations().size()) {
  const auto& ops = plan.operations();
  for (size_t i = 0; i < ops.size(); ++i) {
    made[size_t(ops[i]->output)] = last[size_t(ops[i]->output)] = int(i);
    for (int input : ops[i]->inputs) last[size_t(input)] = int(i);
    for (const PostOp& post : ops[i]->posts) {
      if (post.kind == PostOp::Kind::SUM) last[size_t(post.value)] = int(i);
    }
  }
  // The parts of a concatenation in blocks lie in it.
  for (auto op = ops.rbegin(); op != ops.rend(); ++op) {
    if (plan.keeps_channels_last() || !(*op)->joins_blocks(plan, 16)) continue;
    joined_.push_back((*op)->output);
    for (int input : (*op)->inputs) last[size_t(input)] = std::max(last[size_t(input)], last[size_t((*op)->output)]);
  }
  for (int v = 0; v < plan.values(); ++v) {
    all += bytes_of(plan, v);
    if (made[size_t(v)] < 0) continue;
    for (int i = made[size_t(v)]; i <= last[size_t(v)]; ++i) alive[size_t(i)] += inside(v);
  }
  for (size_t i = 0; i < ops.size(); ++i) {
    if (!ops[i]->overwrites_input()) continue;
    const int over = ops[i]->inputs[0];
    all -= bytes_of(plan, ops[i]->output);
    if (last[size_t(over)] == int(i) && !plan.is_output(ops[i]->output)) alive[i] -= inside(over);
  }
}

int64_t Lives::inside(int value) const {
  const bool outside = plan_.is_output(value) || std::count(joined_.begin(), joined_.end(), value) > 0;
  return outside || made[size_t(value)] < 0 ? 0 : bytes_of(plan_, value);
}

int64_t Lives::crossing(size_t operations) const {
  int64_t bytes = 0;
  for (int v = 0; v < plan_.values(); ++v) {
    const int m = made[size_t(v)];
    if (m >= 0 && size_t(m) < operations && size_t(last[size_t(v)]) >= operations) bytes += bytes_of(plan_, v);
  }
  return bytes;
}

int64_t Lives::peak(size_t operations) const {
  return operations == 0 ? 0 : *std::max_element(alive.begin(), alive.begin() + std::ptrdiff_t(operations));
}

bool Lives::linked(size_t i) const {
  const auto& ops = plan_.operations();
  const int between = ops[i - 1]->output;
  return ops[i]->inputs == std::vector<int>{between} && last[size_t(between)] == int(i) && !plan_.is_output(between);
}

}  // namespace caffe4j
