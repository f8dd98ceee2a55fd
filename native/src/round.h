#pragma once
#include <cstdint>

namespace caffe4j {

/** a / b, rounded up. */
constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/** The least multiple of `to` that is n or more. */
constexpr int64_t round_up(int64_t n, int64_t to) { return ceil_div(n, to) * to; }

}  // namespace caffe4j
