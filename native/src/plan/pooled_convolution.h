#pragma once

namespace caffe4j {

class Plan;

/**
 * Rewrites a small plan, one that computes no rows at a time, so that convolutions, the poolings behind them and a ReLU behind those are one operation
 * where their values would take more than a quarter of all: the convolution's results exist in registers only.
 */
void pool_while_convolving(Plan& plan);

}  // namespace caffe4j
