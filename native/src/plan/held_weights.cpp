// The weights that a plan holds, and how plans of one store leave them to each other.
#include "plan/plan.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;

dnnl::memory Plan::weight(int id, const Desc& plain, const Desc& want) {
  make_way(id, plain, want);
  held_weights_.emplace_back(id, weights_->get(*context_, id, plain, want));
  return dnnl::memory(want, context_->engine(), held_weights_.back().second->data());
}

void Plan::make_way(int id, const Desc& plain, const Desc& want) {
  const Buffer* stays = weights_->is_in(id, plain, want) ? weights_->buffer(id) : nullptr;
  for (Plan* giver : givers_) {
    for (const auto& [weight, buffer] : giver->held_weights_) {
      if (weight != id || buffer.get() == stays) continue;
      giver->give_up();
      break;
    }
  }
}

void Plan::give_up() {
  steps_.clear();
  held_.clear();
  held_weights_.clear();
  arena_.reset();
  arena_bytes_ = 0;
  gave_up_ = true;
}

bool Plan::is_outdated() {
  if (gave_up_) return true;
  const int64_t moves = weights_->moves();
  if (moves == weight_moves_) return false;
  for (const auto& [weight, buffer] : held_weights_) {
    if (weights_->buffer(weight) != buffer.get()) return true;
  }
  weight_moves_ = moves;
  return false;
}

}  // namespace caffe4j
