#pragma once
// Inside of the Epilogue handle.
#include <vector>

#include "caffe4j/epilogue.h"
#include "tensor.h"

namespace caffe4j {

class Epilogue {
 public:
  struct Post {
    enum class Kind { ACTIVATION, PRELU, SUM };
    Kind kind;
    int function = 0;  // ACTIVATION
    float a = 0, b = 0, c = 0;
    Tensor* tensor = nullptr;  // PRELU: the slopes; SUM: what is added, times a
  };

  std::vector<Post> posts;

  /** See epilogue_forward. */
  void run(Tensor& x, Tensor* scale, Tensor* shift, Tensor& y) const;
  /** True for an optional sum and a ReLU behind it. */
  bool is_sum_and_relu() const;
};

}  // namespace caffe4j
