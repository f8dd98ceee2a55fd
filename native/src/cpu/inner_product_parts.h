#pragma once
// An inner product in training of which each thread computes some of the outputs from first to last.
#include <vector>

#include "recent.h"
#include "tensor.h"

namespace caffe4j {

/**
 * Splits weights of `outputs` x `inputs`, row-major, by outputs into one part a thread: forward, backward and the solver's update, which
 * splits its arrays likewise, then touch the same part of the weights and of their gradient in the same thread, whose cache keeps it. Where
 * processors share no cache, moving such a layer from one to the other takes longer than computing it. One call at a time.
 */
class InnerProductParts {
 public:
  InnerProductParts(Context& context, int64_t outputs, int64_t inputs) : context_(context), n_(outputs), k_(inputs) {}

  /** True where it pays: several threads, and weights that caches hold. False also where oneDNN has no fast kernel for these matrices. */
  bool suits(int64_t rows);

  /** y = x W^T + b; x is rows x inputs, y rows x outputs, bias may be null. Call suits() first, here and below. */
  void forward(int64_t rows, const float* x, const float* weight, const float* bias, float* y);
  /** dx = dy W: the threads' shares are added up. */
  void backward_data(int64_t rows, const float* dy, const float* weight, float* dx);
  /** dW = dy^T x. */
  void backward_weight(int64_t rows, const float* x, const float* dy, float* dw);

 private:
  /** The outputs [from, from + count), with products made for one thread. */
  struct Part {
    int64_t from = 0, count = 0;
    dnnl::matmul::primitive_desc forward_pd, biased_pd, data_pd, weight_pd;
    dnnl::matmul forward, biased, data, weight;
    dnnl::stream stream;
  };

  std::vector<Part>& parts(int64_t rows);
  std::vector<Part> make_parts(int64_t rows) const;
  template <class F>
  void for_parts(int64_t rows, const F& f);

  Context& context_;
  int64_t n_, k_;
  Recent<int64_t, std::vector<Part>> plans_;
};

}  // namespace caffe4j
