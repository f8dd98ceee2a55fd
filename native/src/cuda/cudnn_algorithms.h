#pragma once
// Which algorithms of cuDNN convolutions take: rules from measurements, as its heuristics think little of what is quickest in full floats.
#include <vector>

#include "convolution.h"

namespace caffe4j {

enum class ConvolutionDirection { FORWARD, DATA, WEIGHT };

/** The algorithms to be tried before those of the heuristics, best first. */
std::vector<int> preferred_algorithms(ConvolutionDirection direction, const ConvolutionGeometry& geometry, const ConvolutionShape& shape);

/**
 * True where products of matrices, over columns or over the values as they are, are quicker than all algorithms whose sums keep their order;
 * `fused` is for a forward with bias and ReLU, which products need another pass for.
 */
bool products_are_quicker(ConvolutionDirection direction, bool fused, const ConvolutionGeometry& geometry, const ConvolutionShape& shape);

/** True where a forward algorithm takes no longer with bias and ReLU than a pass over its result takes besides. */
bool fuses_well(int algorithm, const ConvolutionGeometry& geometry);

}  // namespace caffe4j
