#include "plan/tiling.h"

#include <unistd.h>

#include <optional>

#include "plan/lives.h"
#include "plan/ops.h"
#include "plan/plan.h"
#include "plan/pooled_convolution.h"

namespace caffe4j {

namespace {

constexpr int64_t kExtraWork = 12;  // this part of the work may be done twice
constexpr int64_t kBusy = 48;       // multiply-adds for a byte of all values that hide how long memory takes
constexpr size_t kLongestChain = 6;

int64_t work_of(const Plan& plan, const PlanOp& op) { return count_of(plan.dims(op.output)) * op.work_per_value(plan); }

/**
 * The bytes of values that may be alive at once if they are to be in the cache: virtual machines name a whole processor's last level where
 * they have a part of it. Plans that multiply little wait for each value that is not near; the others gain more by large batches.
 */
int64_t cache_bytes(const Plan& plan, const Lives& lives) {
  int64_t last_level = 0, work = 0;
#if defined(_SC_LEVEL3_CACHE_SIZE)
  last_level = std::max<int64_t>(sysconf(_SC_LEVEL3_CACHE_SIZE), 0);
#endif
  for (const auto& op : plan.operations()) work += work_of(plan, *op);
  const int64_t threads = plan.context().threads(), most = work < kBusy * lives.all ? 4 << 20 : 12 << 20;
  return std::clamp(last_level / 4 * 3, threads * (int64_t(2) << 20), threads * most);
}

// Batches.

/**
 * How many operations, from the first on, to compute in parts: they work on each image by itself, and go on until no more has too much
 * alive and what they leave behind is small. What follows reads its weights once for the whole batch.
 */
size_t operations_in_parts(const Plan& plan, const Lives& lives, int64_t batch) {
  const auto& ops = plan.operations();
  const auto fits = [&](int value) { return !plan.dims(value).empty() && plan.dims(value)[0] == batch; };
  size_t end = 0;
  for (; end < ops.size(); ++end) {
    const PlanOp& op = *ops[end];
    if (!op.is_per_image(plan) || !fits(op.output) || !std::all_of(op.inputs.begin(), op.inputs.end(), fits)) break;
  }
  const int64_t most = std::max(std::min(cache_bytes(plan, lives), lives.all / kShare), kNothingToGain);
  size_t least = end;
  while (least > 0 && lives.alive[least - 1] <= most) --least;
  if (least == 0) return 0;
  while (least < end && lives.crossing(least) > most / 8) ++least;
  return least;
}

/** The images to compute at a time: as many as fit the cache and the share. */
int64_t images_at_once(const Plan& plan, const Lives& lives, size_t end, int64_t batch) {
  const int64_t peak = lives.peak(end);
  int64_t kept = lives.crossing(end);  // bytes of all images that outlive the parts
  for (int v = 0; v < plan.values(); ++v) {
    if (plan.is_input(v) && plan.keeps_channels_last()) kept += bytes_of(plan, v);  // converted as a whole
  }
  const int64_t one = std::max<int64_t>(peak / batch, 1), share = (lives.all / kShare - kept) / one;
  const int64_t images = std::clamp<int64_t>(std::min(cache_bytes(plan, lives) / one, share), 1, batch);
  const int64_t parts = (batch + images - 1) / images;
  return (batch + parts - 1) / parts;
}

int add_slice(Plan& plan, const PlanOp& user, int value, int axis, int64_t begin, int64_t count) {
  auto slice = make_plan_slice(user.name, value, axis, begin, count);
  slice->origin = user.origin;
  return plan.add(std::move(slice));
}

/** Puts parts together to what `maker` made as a whole. */
void join(Plan& plan, const PlanOp& maker, std::vector<int> parts, int axis) {
  auto whole = make_plan_concat(maker.name, std::move(parts), axis);
  whole->origin = maker.origin;
  plan.add_maker(std::move(whole), maker.output);
}

void split_batch(Plan& plan) {
  const auto& before = plan.operations();
  if (before.empty() || plan.dims(before[0]->output).empty()) return;
  const int64_t batch = plan.dims(before[0]->output)[0];
  if (batch < 2) return;
  const Lives lives(plan);
  const size_t end = operations_in_parts(plan, lives, batch);
  if (end == 0) return;
  const int64_t images = images_at_once(plan, lives, end, batch);
  if (images == batch) return;
  auto ops = plan.take_operations();
  std::vector<std::vector<int>> parts(size_t(plan.values()));
  for (int64_t from = 0; from < batch; from += images) {
    const int64_t count = std::min(images, batch - from);
    std::unordered_map<int, int> part;  // of each value
    const auto part_of = [&](const PlanOp& user, int value) {
      const auto found = part.find(value);
      return found != part.end() ? found->second : part[value] = add_slice(plan, user, value, 0, from, count);
    };
    for (size_t i = 0; i < end; ++i) {
      auto op = ops[i]->clone();
      op->set_batch(count);
      for (int& input : op->inputs) input = part_of(*ops[i], input);
      for (PostOp& post : op->posts) {
        if (post.kind == PostOp::Kind::SUM) post.value = part_of(*ops[i], post.value);
      }
      const int made = part[ops[i]->output] = plan.add(std::move(op));
      parts[size_t(ops[i]->output)].push_back(made);
    }
  }
  for (size_t i = 0; i < end; ++i) {
    const int value = ops[i]->output;
    if (plan.is_output(value) || size_t(lives.last[size_t(value)]) >= end) join(plan, *ops[i], parts[size_t(value)], 0);
  }
  for (size_t i = end; i < ops.size(); ++i) {
    const int output = ops[i]->output;
    plan.add_maker(std::move(ops[i]), output);
  }
}

// Rows.

/** A chain of operations, first and last included, in bands of rows of its result. */
struct Chain {
  size_t first, last;
  int bands;
  int64_t peak;   // bytes alive while it runs
  int64_t extra;  // multiply-adds done twice
};

bool has_sum(const PlanOp& op) {
  return std::any_of(op.posts.begin(), op.posts.end(), [](const PostOp& post) { return post.kind == PostOp::Kind::SUM; });
}

/** The first and the last row, exclusive, of band number `band` of the chain's result. */
std::pair<int64_t, int64_t> rows_of_band(int64_t height, int bands, int band) {
  const int64_t rows = (height + bands - 1) / bands;
  return {std::min(height, band * rows), std::min(height, (band + 1) * rows)};
}

class RowSplitter {
 public:
  explicit RowSplitter(Plan& plan) : plan_(plan), lives_(plan), alive_(lives_.alive), busy_(alive_.size(), false) {
    for (const auto& op : plan.operations()) work_ += work_of(plan, *op);
  }

  void split() {
    const int64_t target = std::max(std::min(cache_bytes(plan_, lives_), lives_.all / kShare), kNothingToGain);
    while (!alive_.empty()) {
      const std::optional<Chain> chain = best_chain(target);
      if (!chain) break;
      chains_.push_back(*chain);
      extra_ += chain->extra;
      for (size_t i = chain->first; i <= chain->last; ++i) {
        alive_[i] = chain->peak;
        busy_[i] = true;
      }
    }
    if (!chains_.empty()) rewrite();
  }

 private:
  const PlanOp& op(size_t i) const { return *plan_.operations()[i]; }

  bool has_rows(size_t i) const {
    RowBand band;
    return !busy_[i] && plan_.dims(op(i).output).size() == 4 && op(i).inputs.size() == 1 && !has_sum(op(i)) && op(i).find_rows(plan_, 0, 1, band);
  }

  /** The chain that leaves least above the target, of such the one with the least work. */
  std::optional<Chain> best_chain(int64_t target) const {
    std::optional<Chain> best;
    int64_t least = excess({0, 0, 0, alive_[0], 0}, target);
    if (least == 0) return std::nullopt;
    for (size_t length = 2; length <= kLongestChain; ++length) {
      for (size_t first = 0; first + length <= alive_.size(); ++first) {
        if (!is_chain(first, first + length - 1)) continue;
        for (int bands : {2, 3, 4, 6, 8, 12, 16, 24, 32}) {
          const std::optional<Chain> chain = measure(first, first + length - 1, bands);
          if (!chain) continue;
          const int64_t left = excess(*chain, target);
          if (left < least || (best && left == least && chain->extra < best->extra)) {
            best = chain;
            least = left;
          }
        }
      }
    }
    return best;
  }

  /** Bytes alive above the target, summed over the operations, with a further chain. */
  int64_t excess(const Chain& chain, int64_t target) const {
    int64_t sum = 0;
    for (size_t i = 0; i < alive_.size(); ++i) {
      sum += std::max<int64_t>(0, (i >= chain.first && i <= chain.last ? chain.peak : alive_[i]) - target);
    }
    return sum;
  }

  bool is_chain(size_t first, size_t last) const {
    for (size_t i = first; i <= last; ++i) {
      if (!has_rows(i) || (i > first && !lives_.linked(i))) return false;
    }
    return true;
  }

  std::optional<Chain> measure(size_t first, size_t last, int bands) const {
    const int64_t height = plan_.dims(op(last).output)[2];
    if (bands > height) return std::nullopt;
    Chain chain{first, last, bands, 0, 0};
    int64_t most = 0;
    for (size_t i = first; i <= last; ++i) chain.extra -= work(i, plan_.dims(op(i).output)[2]);
    for (int band = 0; band < bands; ++band) {
      auto [from, to] = rows_of_band(height, bands, band);
      if (from == to) return std::nullopt;
      int64_t above = 0;  // bytes of what the operation before this one is going to write
      for (size_t i = last + 1; i-- > first;) {
        chain.extra += work(i, to - from);
        const int64_t out = i == last ? 0 : row_bytes(op(i).output) * (to - from);
        RowBand rows;
        if (!op(i).find_rows(plan_, from, to, rows)) return std::nullopt;
        from = rows.first;
        to = rows.first + rows.count;
        const bool copied = i > first || plan_.is_input(op(i).inputs[0]);
        const int64_t in = copied ? row_bytes(op(i).inputs[0]) * rows.count : 0;
        above = out + in;
        most = std::max(most, above);
      }
    }
    if ((extra_ + chain.extra) * kExtraWork > work_) return std::nullopt;
    chain.peak = most + lives_.inside(op(last).output) + lives_.inside(op(first).inputs[0]);
    for (int v = 0; v < plan_.values(); ++v) {
      const bool through = lives_.made[size_t(v)] >= 0 && size_t(lives_.made[size_t(v)]) < first && size_t(lives_.last[size_t(v)]) >= first;
      if (through && v != op(first).inputs[0]) chain.peak += lives_.inside(v);
    }
    return chain;
  }

  int64_t row_bytes(int value) const { return bytes_of(plan_, value) / plan_.dims(value)[2]; }
  int64_t work(size_t i, int64_t rows) const {
    return count_of(plan_.dims(op(i).output)) / plan_.dims(op(i).output)[2] * rows * op(i).work_per_value(plan_);
  }

  void rewrite() {
    auto ops = plan_.take_operations();
    for (size_t i = 0; i < ops.size();) {
      const auto chain = std::find_if(chains_.begin(), chains_.end(), [&](const Chain& c) { return c.first == i; });
      if (chain == chains_.end()) {
        const int output = ops[i]->output;
        plan_.add_maker(std::move(ops[i]), output);
        ++i;
      } else {
        add_bands(ops, *chain);
        i = chain->last + 1;
      }
    }
  }

  void add_bands(const std::vector<std::unique_ptr<PlanOp>>& ops, const Chain& chain) {
    const PlanOp& maker = *ops[chain.last];
    const int64_t height = plan_.dims(maker.output)[2];
    std::vector<int> parts;
    for (int band = 0; band < chain.bands; ++band) {
      std::vector<std::unique_ptr<PlanOp>> clones;
      auto [from, to] = rows_of_band(height, chain.bands, band);
      for (size_t i = chain.last + 1; i-- > chain.first;) {
        RowBand rows;
        ops[i]->find_rows(plan_, from, to, rows);
        clones.push_back(ops[i]->clone());
        clones.back()->set_rows(rows, to - from);
        from = rows.first;
        to = rows.first + rows.count;
      }
      int value = add_slice(plan_, *ops[chain.first], ops[chain.first]->inputs[0], 2, from, to - from);
      for (auto clone = clones.rbegin(); clone != clones.rend(); ++clone) {
        (*clone)->inputs = {value};
        value = plan_.add(std::move(*clone));
      }
      parts.push_back(value);
    }
    join(plan_, maker, std::move(parts), 2);
  }

  Plan& plan_;
  const Lives lives_;
  std::vector<int64_t> alive_;
  std::vector<bool> busy_;
  std::vector<Chain> chains_;
  int64_t work_ = 0, extra_ = 0;
};

}  // namespace

void compute_in_parts(Plan& plan) {
  pool_while_convolving(plan);
  split_batch(plan);
  plan.choose_family();  // one image at a time may be joined where a batch may not
  // Rows lie together where channels are last and there is one image.
  const auto& ops = plan.operations();
  const bool one_image = std::all_of(ops.begin(), ops.end(), [&](const auto& op) { return plan.dims(op->output).size() < 4 || plan.dims(op->output)[0] == 1; });
  if (plan.keeps_channels_last() && one_image) RowSplitter(plan).split();
}

}  // namespace caffe4j
