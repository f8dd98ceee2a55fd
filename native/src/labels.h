#pragma once
// What the layers share that take one label an item.
#include "kernels/labels.h"
#include "rows.h"

namespace caffe4j {

/** Losses that read probabilities tell none from 0 that is less. */
constexpr float kLeastProbability = 1e-20f;

/** Throws DATA for a label that is neither a class nor ignored. Labels that only a GPU has are checked there, which brings one number over. */
void require_classes(Tensor& label, int64_t classes, bool has_ignored, int ignored);

/** Sum of LogLoss over the items. Throws SHAPE where sizes do not fit, DATA for a label that is no class. */
double sum_of_logs(Tensor& probability, Tensor& label, const Split3& s, bool has_ignored, int ignored, float least);

}  // namespace caffe4j
