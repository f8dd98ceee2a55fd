#pragma once
#include "channel_layout.h"
#include "context.h"

namespace caffe4j {

/**
 * Mean-variance normalization of each row of `length` consecutive floats, on the host; see the API's mvn.h. `deviations` receives one a row, or
 * is null. y may be x.
 */
void normalize_rows(const Context& context, const float* x, float* y, int64_t rows, int64_t length, bool normalize_variance, float eps,
                    float* deviations);

/** The same of each channel of each image, in rows, or with the channels side by side: last, or in blocks of a multiple of 16. */
void normalize_channels(const Context& context, const ChannelLayout& layout, const float* x, float* y, bool normalize_variance, float eps);

}  // namespace caffe4j
