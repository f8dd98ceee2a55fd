#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>
#include <vector>

#include "buffer.h"
#include "caffe4j/tensor.h"
#include "context.h"
#include "device_array.h"

namespace caffe4j {

using Dims = std::vector<int64_t>;

/** Product of dims[from, to); 1 for an empty range. */
int64_t count_of(const Dims& dims, size_t from, size_t to);
inline int64_t count_of(const Dims& dims) { return count_of(dims, 0, dims.size()); }
/** "4 3 8 8 (768)", as Caffe prints shapes. */
std::string shape_string(const Dims& dims);

/** The row-major descriptor of a shape; a scalar (no axes) counts as one axis of 1. */
dnnl::memory::desc row_major(Dims dims);

/** Values in the forms that they were asked for. */
struct Forms {
  enum Place : unsigned { PLAIN = 1, BLOCKED = 2, DEVICE = 4 };
  std::shared_ptr<Buffer> plain;
  int64_t capacity = 0;  // floats that the shape history asked for; plain is allocated to it on first touch
  std::shared_ptr<Buffer> blocked_buffer;
  dnnl::memory::desc blocked;  // layout of blocked_buffer; meaningful if that is among the newest
  DeviceArray<float> device;   // row-major, `capacity` long; on a GPU only
  unsigned newest = PLAIN;     // the places that have the newest values; plain ones that are not allocated are zeros
  bool zero = false;           // plain values are among the newest and mean zeros, which nobody has written yet
  uint64_t version = 0;        // changes with every write, never repeats in the process

  bool is_newest(Place place) const { return (newest & place) != 0; }
};

/** The values behind one tensor or several that share them. */
struct Storage : Forms {
  /** Contexts on one GPU share them: nothing orders their work, so whoever brings values over waits, and no kernel changes them. */
  bool between_queues = false;
  std::mutex converting;  // replicas in contexts of their own may ask for another form of shared weights at the same time
};

class Tensor {
 public:
  explicit Tensor(Context& context);
  ~Tensor();
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;

  Context& context() const { return *context_; }
  const Dims& dims() const { return dims_; }
  int64_t count() const { return count_; }
  int axes() const { return int(dims_.size()); }
  void reshape(const Dims& dims);
  /**
   * From now on the values are those of `source`, of as many elements, on the same GPU or on the CPU too. What contexts of their own share on
   * a GPU may be changed on the host only.
   */
  void share(const Tensor& source);
  /** Lets go of the values; from now on the tensor has zeros of its own. */
  void release();
  /** On a GPU: the values are those of a part of an array, as many as there are, whatever is in it. Others may write to the same memory. */
  void place(const DeviceArray<float>& array, int64_t first);
  /** Exchanges values with a tensor of the same shape; those that share them see the exchanged values. */
  void swap(Tensor& other);
  bool shares_with(const Tensor& other) const { return storage_ == other.storage_; }
  /** Identifies the present values: equal versions mean equal values. */
  uint64_t version() const { return storage_->version; }

  const float* read();
  float* update();
  float* overwrite();
  /**
   * Plain values where the context computes: in device memory on a GPU, where they are copied to when the host has newer ones, else in host
   * memory. The counterparts of read, update and overwrite for kernels.
   */
  const float* device_read();
  float* device_update();
  float* device_overwrite();
  /** Sets all values to zero; memory is cleared only when somebody reads or changes a part of it. */
  void clear();
  /** True when only a GPU has the newest values. */
  bool is_on_device() const { return storage_->newest == Storage::DEVICE; }
  /** True after clear() until values are written: adding to them may then overwrite them instead. */
  bool is_zero() const { return storage_->zero; }

  /** The layout that the newest values are in: blocked if they are, and for this shape; else row-major, as it always is on a GPU. */
  const dnnl::memory::desc& layout() const;
  /** The layout that the newest values are in, also where it has other dimensions of the same count (grouped weights, for one). */
  const dnnl::memory::desc& form() const { return is_blocked() && context_->gpu() == nullptr ? storage_->blocked : layout(); }
  /** row_major() of this tensor's shape. */
  const dnnl::memory::desc& plain_layout() const;
  /** True when layout() is the row-major one. */
  bool has_plain_layout() const;
  /**
   * The newest values in layout `want`, of this tensor's shape or of other dimensions with the same row-major order of elements. Valid
   * until the tensor is next changed or asked for a third layout.
   */
  const float* values_in(const dnnl::memory::desc& want);
  /** The newest values if they are in layout `want` already, or if `keep` and only row-major values are in the way; else null. */
  const float* values_if_in(const dnnl::memory::desc& want, bool keep);
  /** Memory in layout `want` that becomes the newest values; the caller writes all of it, padding included. What values_in(want) returned before stays in it. */
  float* overwrite_in(const dnnl::memory::desc& want);
  /** values_in and overwrite_in as operands of a primitive. */
  dnnl::memory as(const dnnl::memory::desc& want) { return dnnl::memory(want, context_->engine(), const_cast<float*>(values_in(want))); }
  dnnl::memory overwrite_as(const dnnl::memory::desc& want) { return dnnl::memory(want, context_->engine(), overwrite_in(want)); }

  int64_t bytes() const;
  bool is_blocked() const { return storage_->newest == Storage::BLOCKED; }
  std::shared_ptr<Buffer> plain_buffer();

 private:
  void allocate_plain();
  void to_plain();
  void to_device();
  /** Waits for what still reads the values in this context, if others share them. */
  void finish_reading() const;
  bool blocked_is_current() const { return storage_->is_newest(Storage::BLOCKED); }
  bool is_plain(const dnnl::memory::desc& layout) const;
  const float* convert(const dnnl::memory::desc& want);

  std::shared_ptr<Context> context_;
  Dims dims_;
  mutable std::optional<dnnl::memory::desc> plain_;  // row_major(dims_), made when first asked for
  int64_t count_ = 0;
  std::shared_ptr<Storage> storage_;
};

}  // namespace caffe4j
