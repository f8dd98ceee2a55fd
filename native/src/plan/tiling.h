#pragma once

namespace caffe4j {

class Plan;

/**
 * Rewrites a plan so that large values exist in parts only: a batch is computed some images at a time, and where that is not enough a chain
 * of convolutions and poolings some rows at a time. It does so where the values alive at once would not fit the cache, or would take more
 * than a quarter of all values, which is what a net takes that keeps each. Rows that two parts need are computed twice, as long as that
 * adds little work.
 */
void compute_in_parts(Plan& plan);

}  // namespace caffe4j
