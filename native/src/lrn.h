#pragma once
#include "tensor.h"

namespace caffe4j {

/** LRN across channels, forward, of values in a layout that ChannelLayout covers; see the API's lrn.h. */
void lrn_across_channels(Context& context, const dnnl::memory::desc& layout, const float* x, float* y, int64_t size, float alpha, float beta,
                         float k);

/** LRN within each channel, forward, of N x C x H x W values with channels last. */
void lrn_within_channel(Context& context, const Dims& dims, const float* x, float* y, int64_t size, float alpha, float beta, float k);

}  // namespace caffe4j
