#pragma once

namespace caffe4j {

/** Which implementation computes a layer: the first three are the values of Caffe's `engine` fields. They give the same up to rounding. */
enum Engine {
  /** The fastest that there is: oneDNN's kernels on the CPU, cuDNN on a GPU, else our own. */
  ENGINE_DEFAULT = 0,
  /** Our own loops and kernels, and im2col with matrix products for convolution. */
  ENGINE_CAFFE = 1,
  /** cuDNN; the CAFFE engine where cuDNN cannot be used or does not compute what Caffe does. As DEFAULT on the CPU. */
  ENGINE_CUDNN = 2,
  /** As DEFAULT, for convolutions of a few products too: for tests of the fast kernels. */
  ENGINE_FAST = 3
};

}  // namespace caffe4j
