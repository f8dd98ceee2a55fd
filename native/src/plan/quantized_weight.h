#pragma once
#include <cstdint>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>

#include "tensor.h"

namespace caffe4j {

/** Weights as integers of 8 bits: a value is its output channel's scale, the channel's largest absolute value / 127, times the integer. */
struct QuantizedWeight {
  std::shared_ptr<Buffer> values;  // int8_t, in a layout of oneDNN's
  std::shared_ptr<Buffer> scales;  // one for each output channel
};

/**
 * Rounds weights to integers in row-major order, halves to the even one. A channel of zeros has scale 1.
 *
 * @param layout where the floats are; its first `leading` axes count the output channels
 * @param values room for all values
 * @param scales room for a scale for each output channel
 */
void quantize_weight(Context& context, const float* weights, const dnnl::memory::desc& layout, int leading, int8_t* values, float* scales);

/** Brings integers from a layout of oneDNN's into row-major order. */
void unpack_weight(Context& context, const int8_t* packed, const dnnl::memory::desc& layout, int8_t* values);

/** The floats that integers in row-major order stand for. */
void dequantize_weight(Context& context, const int8_t* values, int64_t count, const float* scales, int64_t channels, float* weights);

}  // namespace caffe4j
