#pragma once
#include "caffe4j/engine.h"
#include "caffe4j/tensor.h"

namespace caffe4j {

/** Functions of one value, with their parameters a, b, c where they have any. */
enum ElementwiseFunction {
  /** 1 / (1 + e^-x) */
  ELEMENTWISE_SIGMOID = 1,
  /** tanh x */
  ELEMENTWISE_TANH = 2,
  /** |x|; the gradient at 0 is 0 */
  ELEMENTWISE_ABSVAL = 3,
  /** log(1 + e^x) */
  ELEMENTWISE_BNLL = 4,
  /** x limited to [a, b]; the gradient passes at both ends */
  ELEMENTWISE_CLIP = 5,
  /** x where x > 0, a (e^x - 1) elsewhere */
  ELEMENTWISE_ELU = 6,
  /** x / (1 + e^(-a x)) */
  ELEMENTWISE_SWISH = 7,
  /** b e^(a x) */
  ELEMENTWISE_EXP = 8,
  /** c log(a x + b) */
  ELEMENTWISE_LOG = 9,
  /** (c + b x)^a; if a b = 0 the constant c^a, which is 1 for a = 0 */
  ELEMENTWISE_POWER = 10,
  /** 1 where x > a, else 0; has no gradient */
  ELEMENTWISE_THRESHOLD = 11,
};

/** top = f(bottom), element by element. In place allowed. On a GPU the engine, one of Engine, decides for SIGMOID and TANH. */
C4J_API void elementwise_forward(int function, Tensor* bottom, Tensor* top, float a, float b, float c, int engine = ENGINE_DEFAULT);
/**
 * bottom_diff = f'(bottom) * top_diff, with top = f(bottom). In place (bottom_diff = top_diff) allowed. SIGMOID, TANH and EXP do not read
 * bottom; ELU with a >= 0 reads only its signs, so that it may be the output.
 */
C4J_API void elementwise_backward(int function, Tensor* bottom, Tensor* top, Tensor* top_diff, Tensor* bottom_diff, float a, float b,
                                  float c, int engine = ENGINE_DEFAULT);

}  // namespace caffe4j
