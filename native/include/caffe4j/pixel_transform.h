#pragma once
#include "caffe4j/export.h"

namespace caffe4j {

/**
 * Pixels to net input: crop, channel order, mean, scale and mirror in one pass, in the calling thread and without a context.
 *
 * out(c, y, x) = (pixel(order[c], top + y, left + x) - mean(c, top + y, left + x)) * scale in single precision, planar; with `mirror` each
 * row is written from right to left, so that a pixel keeps its own mean. Source: Caffe's DataTransformer.
 *
 * @param bytes,floats the `count` = channels * height * width pixels; one of the two, the other null
 * @param interleaved pixels lie as height x width x channels; else as channels x height x width
 * @param order source channel of each of the `out_channels`; null keeps them, then out_channels = channels
 * @param mean out_channels values, or out_channels * height * width, or null (mean_count 0)
 * @param out out_count = out_channels * rows * columns values; must not overlap the rest
 */
C4J_API void pixel_transform(const uint8_t* bytes, const float* floats, int64_t count, int channels, int height, int width,
                             bool interleaved, const int* order, int out_channels, const float* mean, int64_t mean_count, float scale,
                             int top, int left, int rows, int columns, bool mirror, float* out, int64_t out_count);

}  // namespace caffe4j
