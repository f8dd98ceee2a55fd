#pragma once
#include <cstdint>
#include <vector>

namespace caffe4j {

/** How often absolute values of which size occur; zeros are left out. */
class Histogram {
 public:
  /** Throws DATA for a value that is not finite. */
  void add(const float* values, int64_t count);

  /**
   * The absolute value up to which 1..`levels` steps of equal width should reach, larger values being cut off: the one with the least mean
   * squared error over what was added. 0 if nothing but zeros was.
   */
  float threshold(int levels) const;

 private:
  void reach(float largest);

  std::vector<int64_t> bins_;
  float width_ = 0;
  float largest_ = 0;
};

}  // namespace caffe4j
