#include "caffe4j/tile.h"

#include <algorithm>
#include <vector>

#include "caffe4j/concat.h"
#include "error.h"
#include "kernels/box_copy.h"
#include "launch.h"

namespace caffe4j {

void tile_forward(Tensor* bottom, Tensor* top, int axis, int tiles) {
  require(tiles > 0, ErrorKind::INVALID, "the number of tiles must be positive, got ", tiles);
  std::vector<Tensor*> parts(size_t(tiles), bottom);
  concat(parts.data(), tiles, top, axis);
}

void tile_backward(Tensor* top_diff, Tensor* bottom_diff, int axis, int tiles) {
  Tensor& dy = deref(top_diff, "top diff");
  Tensor& dx = deref(bottom_diff, "bottom diff");
  require(axis >= 0 && axis < dx.axes() && tiles > 0 && dy.count() / tiles == dx.count() && dy.count() % tiles == 0, ErrorKind::SHAPE,
          "a blob of shape ", shape_string(dy.dims()), " does not have ", tiles, " tiles of shape ", shape_string(dx.dims()));
  if (dx.count() == 0) return;
  const int64_t inner = count_of(dx.dims(), size_t(axis), dx.dims().size()), outer = dx.count() / inner;
  if (dx.context().gpu() != nullptr) {
    const float* tiled = dy.device_read();
    return launch(dx.context(), dx.count(), TileBackward{tiled, dx.device_overwrite(), inner, tiles});
  }
  const int64_t piece = std::min<int64_t>(inner, 4096), pieces = (inner + piece - 1) / piece;
  const float* from = dy.read();
  float* to = dx.overwrite();
  dx.context().enter();
#pragma omp parallel for schedule(static) if (dy.count() >= kSerialBelow)
  for (int64_t p = 0; p < outer * pieces; ++p) {
    const int64_t o = p / pieces, first = p % pieces * piece, width = std::min(piece, inner - first);
    float* sums = to + o * inner + first;
    std::copy_n(from + o * tiles * inner + first, width, sums);
    for (int64_t t = 1; t < tiles; ++t) {
      const float* tile = from + (o * tiles + t) * inner + first;
#pragma omp simd
      for (int64_t i = 0; i < width; ++i) sums[i] += tile[i];
    }
  }
}

}  // namespace caffe4j
