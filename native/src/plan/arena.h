#pragma once
#include <cstdint>
#include <vector>

namespace caffe4j {

/** A piece of memory that is in use from step `first` to step `last`, both included. */
struct ArenaBlock {
  int64_t bytes;
  int first, last;
  int64_t offset = 0;
};

/**
 * Gives blocks places in one array so that blocks in use at the same time do not overlap: the largest first, each at the lowest place
 * that is free during its life. Returns the bytes needed.
 */
int64_t place_blocks(std::vector<ArenaBlock*> blocks);

}  // namespace caffe4j
