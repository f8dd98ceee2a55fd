#include "indices.h"

#include "kernels/indexed_rows.h"
#include "launch.h"

namespace caffe4j {

int64_t first_outside(Tensor& indices, int64_t rows) {
  if (indices.is_on_device() && sum_of(indices.context(), indices.count(), IsOutside{indices.device_read(), rows}) == 0) return -1;
  const IsOutside outside{indices.read(), rows};
  for (int64_t i = 0; i < indices.count(); ++i) {
    if (outside(i) != 0) return i;
  }
  return -1;
}

}  // namespace caffe4j
