#include "caffe4j/batch_reindex.h"

#include <algorithm>
#include <vector>

#include "error.h"
#include "kernels/indexed_rows.h"
#include "launch.h"

namespace caffe4j {

namespace {
/** The item numbers, checked against the items that `source` has. */
std::vector<int64_t> items_of(Tensor& index, const Tensor& source, const Tensor& selected) {
  require(source.axes() > 0 && selected.axes() > 0 && selected.dims()[0] == index.count(), ErrorKind::SHAPE, "a blob of shape ",
          shape_string(selected.dims()), " has not one item for each of ", index.count(), " indices");
  Dims dims = source.dims();
  const int64_t items = dims[0];
  dims[0] = index.count();
  require(dims == selected.dims(), ErrorKind::SHAPE, "items of shape ", shape_string(source.dims()), " do not fit into shape ",
          shape_string(selected.dims()));
  const float* values = index.read();
  std::vector<int64_t> result;
  for (int64_t i = 0; i < index.count(); ++i) {
    const bool inside = values[i] > -1 && values[i] < float(items);
    require(inside, ErrorKind::DATA, "index ", i, " is ", values[i], ", but there are ", items, " items to choose from (0 is the first)");
    result.push_back(int64_t(values[i]));
  }
  return result;
}
}  // namespace

void batch_reindex_forward(Tensor* bottom, Tensor* index, Tensor* top) {
  Tensor& x = deref(bottom, "bottom");
  Tensor& y = deref(top, "top");
  const std::vector<int64_t> items = items_of(deref(index, "index"), x, y);
  require(!x.shares_with(y), ErrorKind::INVALID, "items cannot be chosen in place");
  if (y.count() == 0) return;
  const int64_t size = y.count() / int64_t(items.size()), count = int64_t(items.size());
  if (x.context().gpu() != nullptr) {
    const float *table = x.device_read(), *numbers = index->device_read();
    return launch(x.context(), y.count(), GatherRows{table, numbers, y.device_overwrite(), size});
  }
  const float* from = x.read();
  float* to = y.overwrite();
  x.context().enter();
#pragma omp parallel for schedule(static) if (y.count() >= kSerialBelow)
  for (int64_t i = 0; i < count; ++i) std::copy_n(from + items[size_t(i)] * size, size, to + i * size);
}

void batch_reindex_backward(Tensor* top_diff, Tensor* index, Tensor* bottom_diff) {
  Tensor& dy = deref(top_diff, "top diff");
  Tensor& dx = deref(bottom_diff, "bottom diff");
  const std::vector<int64_t> items = items_of(deref(index, "index"), dx, dy);
  require(!dx.shares_with(dy), ErrorKind::INVALID, "items cannot be chosen in place");
  tensor_fill(&dx, 0);
  if (dy.count() == 0) return;
  const int64_t size = dy.count() / int64_t(items.size()), count = int64_t(items.size());
  if (dx.context().gpu() != nullptr) {
    const float *gradients = dy.device_read(), *numbers = index->device_read();
    return launch(dx.context(), size, ScatterRows{gradients, numbers, dx.device_update(), count, size});
  }
  const int64_t piece = std::min<int64_t>(size, 4096), pieces = (size + piece - 1) / piece;
  const float* from = dy.read();
  float* to = dx.update();
  dx.context().enter();
#pragma omp parallel for schedule(static) if (dy.count() >= kSerialBelow)
  for (int64_t p = 0; p < pieces; ++p) {
    const int64_t first = p * piece, width = std::min(piece, size - first);
    for (int64_t i = 0; i < count; ++i) {
      const float* gradient = from + i * size + first;
      float* sums = to + items[size_t(i)] * size + first;
#pragma omp simd
      for (int64_t k = 0; k < width; ++k) sums[k] += gradient[k];
    }
  }
}

}  // namespace caffe4j
