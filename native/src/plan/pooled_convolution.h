#pragma once

namespace caffe4j {

class Plan;

/**
 * Rewrites a small plan, one that computes no rows at a time, so that convolutions and the poolings behind them are one operation where
 * their values would take more than a quarter of all: rows of the convolution's results exist while the pooling reads them.
 */
void pool_while_convolving(Plan& plan);

}  // namespace caffe4j
