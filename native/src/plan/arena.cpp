#include "plan/arena.h"

#include <algorithm>

namespace caffe4j {

namespace {
constexpr int64_t kAlignment = 64;  // a cache line, and what the widest loads like
}

int64_t place_blocks(std::vector<ArenaBlock*> blocks) {
  std::stable_sort(blocks.begin(), blocks.end(), [](const ArenaBlock* a, const ArenaBlock* b) { return a->bytes > b->bytes; });
  std::vector<const ArenaBlock*> placed;  // by offset
  int64_t end = 0;
  for (ArenaBlock* block : blocks) {
    int64_t at = 0;
    for (const ArenaBlock* other : placed) {
      if (other->last < block->first || other->first > block->last) continue;
      if (at + block->bytes <= other->offset) break;
      at = std::max(at, (other->offset + other->bytes + kAlignment - 1) / kAlignment * kAlignment);
    }
    block->offset = at;
    end = std::max(end, at + block->bytes);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), block,
                                   [](const ArenaBlock* a, const ArenaBlock* b) { return a->offset < b->offset; }),
                  block);
  }
  return end;
}

}  // namespace caffe4j
