#pragma once
// The split of an array at one axis: outer x channels x inner, row-major, as softmax and the losses see it.
#include <algorithm>
#include <cstdint>

#include "error.h"
#include "launch.h"

namespace caffe4j {

struct Split3 {
  int64_t outer, channels, inner;

  int64_t items() const { return outer * inner; }
  int64_t count() const { return outer * channels * inner; }

  void require_count(const Tensor& t, const char* what) const {
    require(outer >= 0 && channels > 0 && inner >= 0, ErrorKind::INVALID, "an array cannot be ", outer, " x ", channels, " x ", inner);
    require(t.count() == count(), ErrorKind::SHAPE, what, " has shape ", shape_string(t.dims()), ", expected ", outer, " x ", channels,
            " x ", inner, " elements");
  }
  void require_items(const Tensor& t, const char* what) const {
    require(t.count() == items(), ErrorKind::SHAPE, what, " has shape ", shape_string(t.dims()), ", expected ", outer, " x ", inner,
            " elements");
  }
};

/** Items that a tile of for_tiles spans at most: per-item values of a tile stay in the first-level cache. */
constexpr int64_t kTile = 256;

/**
 * Calls f(first, width) over the threads for tiles of items that are neighbours in memory: `first` is the place of the first item's
 * channel 0 in the whole array, further channels follow `inner` apart.
 */
template <class F>
void for_tiles(const Context& context, const Split3& s, const F& f) {
  const int64_t tiles = (s.inner + kTile - 1) / kTile;
  context.enter();
#pragma omp parallel for schedule(static) if (s.count() >= kSerialBelow)
  for (int64_t t = 0; t < s.outer * tiles; ++t) {
    const int64_t start = t % tiles * kTile;
    f(t / tiles * s.channels * s.inner + start, std::min(kTile, s.inner - start));
  }
}

}  // namespace caffe4j
