#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "memory_order.h"
#include "plan/quantized_weight.h"
#include "tensor.h"

namespace caffe4j {

/** Frozen weights, each in the layout that was asked for last. Any thread may ask. */
class WeightStore {
 public:
  int add(Tensor& values);

  /** Number of values of a weight. */
  int64_t count(int weight) const;
  /** The layout that a weight was packed in; nothing where it is still as it came. */
  dnnl::memory::desc packed(int weight) const;
  /**
   * A weight in layout `want`. `plain` describes it as it came, seen with the dimensions of `want`. What was there before is freed as
   * soon as no plan uses it.
   */
  std::shared_ptr<Buffer> get(Context& context, int weight, const dnnl::memory::desc& plain, const dnnl::memory::desc& want);

  /** The memory that a weight has now. */
  const Buffer* buffer(int weight) const;
  /** True if `get` would return the memory that the weight has now. */
  bool is_in(int weight, const dnnl::memory::desc& plain, const dnnl::memory::desc& want) const;
  /** How often `get` has given a weight other memory. */
  int64_t moves() const { return moves_.load(); }

  /**
   * A weight as integers in layout `want`, in place of the floats, of which nothing is kept. See quantize_weight for `leading`.
   */
  QuantizedWeight quantized(Context& context, int weight, const dnnl::memory::desc& plain, const dnnl::memory::desc& want, int leading);

  int64_t bytes() const;

 private:
  struct Entry {
    std::shared_ptr<Buffer> values;
    int64_t count;
    dnnl::memory::desc layout;  // empty: as it came
    std::shared_ptr<Buffer> scales;  // null: the values are no integers
    int64_t channels = 0;            // number of scales
  };

  const Entry& entry(int weight) const;
  /** The same, checked against the shape that it is to be used with. */
  Entry& entry(int weight, const dnnl::memory::desc& plain, const dnnl::memory::desc& want);
  static bool is_in(const Entry& e, const dnnl::memory::desc& plain, const dnnl::memory::desc& want) {
    return !e.scales && (e.layout.is_zero() ? plain : e.layout) == want;
  }
  /** The integers of an entry in row-major order. */
  static std::shared_ptr<Buffer> in_rows(Context& context, const Entry& entry);

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  std::atomic<int64_t> moves_{0};
};

}  // namespace caffe4j
