#include "caffe4j/batch_reindex.h"

#include <algorithm>

#include "error.h"
#include "indices.h"
#include "kernels/indexed_rows.h"
#include "launch.h"

namespace caffe4j {

namespace {
void require_shapes(const Tensor& index, const Tensor& source, const Tensor& selected) {
  require(source.axes() > 0 && selected.axes() > 0 && selected.dims()[0] == index.count(), ErrorKind::SHAPE, "a blob of shape ",
          shape_string(selected.dims()), " has not one item for each of ", index.count(), " indices");
  Dims dims = source.dims();
  dims[0] = index.count();
  require(dims == selected.dims(), ErrorKind::SHAPE, "items of shape ", shape_string(source.dims()), " do not fit into shape ",
          shape_string(selected.dims()));
}

void require_items(Tensor& index, int64_t items) {
  const int64_t wrong = first_outside(index, items);
  if (wrong < 0) return;
  fail(ErrorKind::DATA, "index ", wrong, " is ", index.read()[wrong], ", but there are ", items, " items to choose from (0 is the first)");
}
}  // namespace

void batch_reindex_forward(Tensor* bottom, Tensor* index, Tensor* top) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& y = deref(top, "top");
  Tensor& items = deref(index, "index");
  require_shapes(items, x, y);
  require_items(items, x.dims()[0]);
  require(!x.shares_with(y), ErrorKind::INVALID, "items cannot be chosen in place");
  if (y.count() == 0) return;
  const int64_t size = y.count() / items.count(), count = items.count();
  if (x.context().gpu() != nullptr) {
    const float *table = x.device_read(), *numbers = items.device_read();
    return launch(x.context(), y.count(), GatherRows{table, numbers, y.device_overwrite(), size});
  }
  const float *from = x.read(), *numbers = items.read();
  float* to = y.overwrite();
  x.context().enter();
#pragma omp parallel for schedule(static) if (y.count() >= kSerialBelow)
  for (int64_t i = 0; i < count; ++i) std::copy_n(from + int64_t(numbers[i]) * size, size, to + i * size);
}

void batch_reindex_backward(Tensor* top_diff, Tensor* index, Tensor* bottom_diff) {
  Tensor& dy = deref(top_diff, "top diff");
  Tensor& dx = deref(bottom_diff, "bottom diff");
  Tensor& items = deref(index, "index");
  require_shapes(items, dx, dy);
  require(!dx.shares_with(dy), ErrorKind::INVALID, "items cannot be chosen in place");
  tensor_fill(&dx, 0);
  if (dy.count() == 0) return;
  const int64_t size = dy.count() / items.count(), count = items.count();
  if (dx.context().gpu() != nullptr) {  // forward has seen the indices
    const float *gradients = dy.device_read(), *numbers = items.device_read();
    return launch(dx.context(), size, ScatterRows{gradients, {numbers, dx.dims()[0]}, dx.device_update(), count, size});
  }
  require_items(items, dx.dims()[0]);
  const int64_t piece = std::min<int64_t>(size, 4096), pieces = (size + piece - 1) / piece;
  const float *from = dy.read(), *numbers = items.read();
  float* to = dx.update();
  dx.context().enter();
#pragma omp parallel for schedule(static) if (dy.count() >= kSerialBelow)
  for (int64_t p = 0; p < pieces; ++p) {
    const int64_t first = p * piece, width = std::min(piece, size - first);
    for (int64_t i = 0; i < count; ++i) {
      const float* gradient = from + i * size + first;
      float* sums = to + int64_t(numbers[i]) * size + first;
#pragma omp simd
      for (int64_t k = 0; k < width; ++k) sums[k] += gradient[k];
    }
  }
}

}  // namespace caffe4j
