#pragma once
#include "tensor.h"

namespace caffe4j {

/** LRN across channels, forward, of values in a layout that ChannelLayout covers; see the API's lrn.h. */
void lrn_across_channels(Context& context, const dnnl::memory::desc& layout, const float* x, float* y, int64_t size, float alpha, float beta,
                         float k);

}  // namespace caffe4j
