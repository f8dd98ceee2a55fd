#include "caffe4j/filler.h"

#include "error.h"
#include "kernels/filler.h"
#include "launch.h"

namespace caffe4j {

void fill_uniform(Tensor* tensor, float min, float max, int64_t seed) {
  Tensor& x = deref(tensor, "tensor");
  require(min <= max, ErrorKind::INVALID, "uniform values need min <= max, got ", min, " and ", max);
  launch(x.context(), x.count(), UniformFill{x.device_overwrite(), {uint64_t(seed)}, min, max});
}

void fill_gaussian(Tensor* tensor, float mean, float std, double kept, int64_t seed) {
  Tensor& x = deref(tensor, "tensor");
  require(kept >= 0 && kept <= 1, ErrorKind::INVALID, "a probability must be in [0, 1], got ", kept);
  launch(x.context(), x.count(), GaussianFill{x.device_overwrite(), {uint64_t(seed)}, mean, std, kept});
}

void fill_positive_unitball(Tensor* tensor, int64_t rows, int64_t seed) {
  Tensor& x = deref(tensor, "tensor");
  require(rows > 0 && x.count() % rows == 0, ErrorKind::INVALID, x.count(), " values cannot be split into ", rows, " rows");
  launch(x.context(), rows, PositiveUnitballFill{x.device_overwrite(), {uint64_t(seed)}, x.count() / rows});
}

}  // namespace caffe4j
