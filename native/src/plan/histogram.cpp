#include "plan/histogram.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "error.h"

namespace caffe4j {

namespace {
constexpr size_t kBins = 4096;       // at least half of them in use
constexpr int kCandidates = 128;     // thresholds that are tried: these parts of the largest value
constexpr int kLeastCandidate = 16;
}  // namespace

void Histogram::add(const float* values, int64_t count) {
  float largest = 0;
  bool finite = true;
  for (int64_t i = 0; i < count; ++i) {
    const float size = std::fabs(values[i]);
    finite = finite && size <= FLT_MAX;
    largest = std::max(largest, size);
  }
  require(finite, ErrorKind::DATA, "a value is not finite");
  if (largest == 0) return;
  reach(largest);
  for (int64_t i = 0; i < count; ++i) {
    if (values[i] != 0) ++bins_[std::min(size_t(std::fabs(values[i]) / width_), kBins - 1)];
  }
}

void Histogram::reach(float largest) {
  largest_ = std::max(largest_, largest);
  if (bins_.empty()) {
    bins_.resize(kBins);
    width_ = std::max(largest / float(kBins), FLT_MIN);
  }
  while (largest > width_ * float(kBins)) {
    for (size_t i = 0; i < kBins / 2; ++i) bins_[i] = bins_[2 * i] + bins_[2 * i + 1];
    std::fill(bins_.begin() + kBins / 2, bins_.end(), 0);
    width_ *= 2;
  }
}

float Histogram::threshold(int levels) const {
  float best = largest_;
  double least = DBL_MAX;
  for (int candidate = kCandidates; candidate >= kLeastCandidate && largest_ > 0; --candidate) {
    const double limit = double(largest_) * candidate / kCandidates, step = limit / levels;
    double error = 0;
    for (size_t i = 0; i < kBins; ++i) {
      const double x = (double(i) + 0.5) * width_;
      const double distance = x < step / 2 ? x : std::max(x - limit, step / std::sqrt(12.0));
      error += double(bins_[i]) * distance * distance;
    }
    if (error < least) {
      least = error;
      best = float(limit);
    }
  }
  return best;
}

}  // namespace caffe4j
