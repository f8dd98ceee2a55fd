#pragma once
#include <vector>

#include "plan/plan.h"

namespace caffe4j {

constexpr int64_t kShare = 4;                  // values alive at once may take this part of all values
constexpr int64_t kNothingToGain = 256 << 10;  // bytes: as much fits the caches, and computing some rows at a time would only cost time

inline int64_t bytes_of(const Plan& plan, int value) { return count_of(plan.dims(value)) * int64_t(sizeof(float)); }

/** When values live, and the bytes alive while each operation runs; what lies in tensors outside is not counted. */
class Lives {
 public:
  explicit Lives(const Plan& plan);

  /** Bytes that a value takes of the plan's own memory. */
  int64_t inside(int value) const;
  /** Bytes that the first `operations` make for later ones. */
  int64_t crossing(size_t operations) const;
  /** The most bytes alive among the first `operations`. */
  int64_t peak(size_t operations) const;
  /** True if operation i reads what the one before it makes, nothing else, and nobody else sees that. */
  bool linked(size_t i) const;

 private:
  const Plan& plan_;
  std::vector<int> joined_;

 public:
  std::vector<int> made, last;  // operations, for each value
  std::vector<int64_t> alive;   // for each operation
  int64_t all = 0;              // bytes of all values, those that layers in place make not counted
};

}  // namespace caffe4j
