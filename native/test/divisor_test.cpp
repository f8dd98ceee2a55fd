#include "kernels/divisor.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace caffe4j {
namespace {

TEST(Divisor, DividesWhatIsBelowItsLimit) {
  const auto check = [](int64_t by) {
    const Divisor divisor(by);
    for (const int64_t quotient : {int64_t(0), int64_t(1), int64_t(2), int64_t(1000), (Divisor::kMost - 1) / by}) {
      for (int64_t n = std::max<int64_t>(0, quotient * by - 2); n < std::min(quotient * by + 3, Divisor::kMost); ++n) {
        ASSERT_EQ(divisor.quotient(uint32_t(n)), n / by) << n << " / " << by;
        ASSERT_EQ(divisor.rest(uint32_t(n)), n % by) << n << " % " << by;
      }
    }
    ASSERT_EQ(divisor.quotient(uint32_t(Divisor::kMost - 1)), (Divisor::kMost - 1) / by) << by;
  };
  for (int64_t by = 1; by < 70000; ++by) check(by);
  for (int64_t shift = 17; shift <= 31; ++shift) {
    for (int64_t by = (int64_t(1) << shift) - 1; by <= std::min((int64_t(1) << shift) + 1, Divisor::kMost); ++by) check(by);
  }
}

}  // namespace
}  // namespace caffe4j
