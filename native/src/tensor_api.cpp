#include <cmath>
#include <cstring>

#include "caffe4j/tensor.h"
#include "error.h"
#include "kernels/math.h"
#include "launch.h"

namespace caffe4j {

void copy_values(const Context& context, const float* from, float* to, int64_t count) { launch(context, count, Copy{from, to}); }

void require_same_count(const Tensor& a, const Tensor& b, const char* what) {
  require(a.count() == b.count(), ErrorKind::SHAPE, what, " must have the same number of elements, got shapes ", shape_string(a.dims()),
          " and ", shape_string(b.dims()));
}

void require_same_shape(const Tensor& a, const Tensor& b, const char* what) {
  require(a.dims() == b.dims(), ErrorKind::SHAPE, what, " must have the same shape, got ", shape_string(a.dims()), " and ",
          shape_string(b.dims()));
}

class BufferRef {
 public:
  explicit BufferRef(std::shared_ptr<Buffer> buffer) : buffer_(std::move(buffer)) {}

 private:
  std::shared_ptr<Buffer> buffer_;
};

namespace {
Tensor& tensor_of(Tensor* handle) { return deref(handle, "tensor"); }
const Tensor& tensor_of(const Tensor* handle) { return deref(handle, "tensor"); }

/**
 * True where a sum over the values is best taken on the host: they are there, or so few that bringing them over costs no more than bringing
 * the sum, and they stay.
 */
bool sums_on_host(const Tensor& t) {
  constexpr int64_t kFew = 1024;
  return !t.is_on_device() || t.count() <= kFew;
}

void require_range(const Tensor& t, int64_t offset, int64_t count, const void* values) {
  require(offset >= 0 && count >= 0 && offset <= t.count() && count <= t.count() - offset, ErrorKind::INVALID, "elements [", offset, ", ",
          offset + count, ") are outside a blob of ", t.count());
  require(count == 0 || values != nullptr, ErrorKind::INVALID, "the caller's array is null");
}
}  // namespace

Tensor* tensor_create(Context* context) { return new Tensor(deref(context, "context")); }
void tensor_destroy(Tensor* tensor) { delete tensor; }

void tensor_reshape(Tensor* tensor, const int64_t* dims, int axes) {
  require(axes >= 0 && (axes == 0 || dims != nullptr), ErrorKind::INVALID, "shape is null");
  tensor_of(tensor).reshape(Dims(dims, dims + axes));
}

int64_t tensor_count(const Tensor* tensor) { return tensor_of(tensor).count(); }
void tensor_share(Tensor* tensor, Tensor* source) { tensor_of(tensor).share(tensor_of(source)); }
bool tensor_is_shared(const Tensor* tensor, const Tensor* other) { return tensor_of(tensor).shares_with(tensor_of(other)); }

const float* tensor_read(Tensor* tensor) { return tensor_of(tensor).read(); }
float* tensor_update(Tensor* tensor) { return tensor_of(tensor).update(); }
float* tensor_overwrite(Tensor* tensor) { return tensor_of(tensor).overwrite(); }
BufferRef* tensor_retain(Tensor* tensor) { return new BufferRef(tensor_of(tensor).plain_buffer()); }
void buffer_release(BufferRef* buffer) { delete buffer; }

void tensor_put(Tensor* tensor, int64_t offset, const float* values, int64_t count) {
  Tensor& t = tensor_of(tensor);
  require_range(t, offset, count, values);
  float* to = count == t.count() ? t.overwrite() : t.update();
  if (count > 0) std::memcpy(to + offset, values, size_t(count) * sizeof(float));
}

void tensor_get(Tensor* tensor, int64_t offset, float* values, int64_t count) {
  Tensor& t = tensor_of(tensor);
  require_range(t, offset, count, values);
  const float* from = t.read();
  if (count > 0) std::memcpy(values, from + offset, size_t(count) * sizeof(float));
}

void tensor_fill(Tensor* tensor, float value) {
  Tensor& t = tensor_of(tensor);
  if (value == 0 && !std::signbit(value)) return t.clear();
  launch(t.context(), t.count(), Fill{t.device_overwrite(), value});
}

double tensor_asum(Tensor* tensor) {
  Tensor& t = tensor_of(tensor);
  if (t.is_zero()) return 0;
  const auto layout = t.form();  // padding adds nothing
  if (sums_on_host(t)) return parallel_sum(t.context(), floats_in(layout), AbsoluteValue{t.values_in(layout)});
  return sum_of(t.context(), t.count(), AbsoluteValue{t.device_read()});
}

double tensor_sumsq(Tensor* tensor) { return tensor_dot(tensor, tensor); }

double tensor_dot(Tensor* a, Tensor* b) {
  Tensor& s = tensor_of(a);
  Tensor& t = tensor_of(b);
  require_same_count(s, t, "the two blobs of an inner product");
  if (s.is_zero() || t.is_zero()) return 0;
  const auto layout = s.form();  // padding adds nothing
  if (sums_on_host(s) && sums_on_host(t)) {
    const float* x = s.values_in(layout);
    return parallel_sum(s.context(), floats_in(layout), ProductOf{x, t.values_in(layout)});
  }
  const float* x = s.device_read();
  return sum_of(s.context(), s.count(), ProductOf{x, t.device_read()});
}

void tensor_scale(Tensor* tensor, float factor) {
  Tensor& t = tensor_of(tensor);
  const auto layout = t.form();
  values_as(t, layout);
  launch(t.context(), floats_in(layout), ScaleBy{overwrite_values_as(t, layout), factor});
}

void tensor_axpy(float alpha, Tensor* x, Tensor* y) {
  Tensor& from = tensor_of(x);
  Tensor& to = tensor_of(y);
  require_same_count(from, to, "the two blobs of an addition");
  if (from.context().gpu() != to.context().gpu()) {
    const Axpy add{alpha, from.read(), to.update()};
    for (int64_t i = 0; i < to.count(); ++i) add(i);
    return;
  }
  if (from.dims() == to.dims()) {
    const auto layout = to.layout();
    const float* values = values_as(from, layout);
    values_as(to, layout);
    launch(to.context(), floats_in(layout), Axpy{alpha, values, overwrite_values_as(to, layout)});
  } else {
    const float* values = from.device_read();
    launch(to.context(), to.count(), Axpy{alpha, values, to.device_update()});
  }
}

void tensor_copy(Tensor* source, Tensor* destination) {
  Tensor& from = tensor_of(source);
  Tensor& to = tensor_of(destination);
  require_same_count(from, to, "source and destination of a copy");
  if (from.shares_with(to)) return;
  if (from.context().gpu() != to.context().gpu()) {
    const float* values = from.read();
    std::memcpy(to.overwrite(), values, size_t(from.count()) * sizeof(float));
    return;
  }
  if (from.dims() == to.dims()) {
    const auto layout = from.layout();
    const float* values = values_as(from, layout);
    launch(from.context(), floats_in(layout), Copy{values, overwrite_values_as(to, layout)});
  } else {
    const float* values = from.device_read();
    launch(from.context(), from.count(), Copy{values, to.device_overwrite()});
  }
}

void tensor_swap(Tensor* a, Tensor* b) { tensor_of(a).swap(tensor_of(b)); }

void tensor_release(Tensor* tensor) { tensor_of(tensor).release(); }

int64_t tensor_bytes(const Tensor* tensor) { return tensor_of(tensor).bytes(); }
bool tensor_is_blocked(const Tensor* tensor) { return tensor_of(tensor).is_blocked(); }

}  // namespace caffe4j
