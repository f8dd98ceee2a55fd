#pragma once
#include <memory>

#include "convolution.h"
#include "cpu/winograd/winograd.h"

namespace caffe4j::winograd {

/** A training net's convolution, or its gradient by the data, by Winograd's algorithm, for layouts that oneDNN chose. */
class Training {
 public:
  /** Null where the algorithm is not for this geometry or these layouts, or does not pay. */
  static std::unique_ptr<Training> forward(const Context& context, const ConvolutionGeometry& geometry, const ConvolutionShape& shape,
                                           const dnnl::memory::desc& bottom, const dnnl::memory::desc& weights, const dnnl::memory::desc& top);
  static std::unique_ptr<Training> backward_data(const Context& context, const ConvolutionGeometry& geometry, const ConvolutionShape& shape,
                                                 const dnnl::memory::desc& top_diff, const dnnl::memory::desc& weights,
                                                 const dnnl::memory::desc& bottom_diff);

  /** Writes all of `to`; its padding becomes zeros, as that of `from` and the weights has to be. `bias` may be null. */
  void run(Context& context, const dnnl::memory& from, const dnnl::memory& weights, Tensor* bias, const dnnl::memory& to) const;

 private:
  explicit Training(const Convolution& convolution) : convolution_(convolution) {}
  static std::unique_ptr<Training> of(const Shape& shape, const dnnl::memory::desc& from, const dnnl::memory::desc& weights, bool backward,
                                      const dnnl::memory::desc& to, int threads);

  Convolution convolution_;
};

}  // namespace caffe4j::winograd
