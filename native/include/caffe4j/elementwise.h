#pragma once
#include "caffe4j/tensor.h"

namespace caffe4j {

/** Functions of one value, with their parameters a, b, c where they have any. */
constexpr int ELEMENTWISE_SIGMOID = 1;    // 1 / (1 + e^-x)
constexpr int ELEMENTWISE_TANH = 2;       // tanh x
constexpr int ELEMENTWISE_ABSVAL = 3;     // |x|; the gradient at 0 is 0
constexpr int ELEMENTWISE_BNLL = 4;       // log(1 + e^x)
constexpr int ELEMENTWISE_CLIP = 5;       // x limited to [a, b]; the gradient passes at both ends
constexpr int ELEMENTWISE_ELU = 6;        // x where x > 0, a (e^x - 1) elsewhere
constexpr int ELEMENTWISE_SWISH = 7;      // x / (1 + e^(-a x))
constexpr int ELEMENTWISE_EXP = 8;        // b e^(a x)
constexpr int ELEMENTWISE_LOG = 9;        // c log(a x + b)
constexpr int ELEMENTWISE_POWER = 10;     // (c + b x)^a; if a b = 0 the constant c^a, which is 1 for a = 0
constexpr int ELEMENTWISE_THRESHOLD = 11; // 1 where x > a, else 0; has no gradient

/** top = f(bottom), element by element. In place allowed. */
C4J_API void elementwise_forward(int function, Tensor* bottom, Tensor* top, float a, float b, float c);
/**
 * bottom_diff = f'(bottom) * top_diff, with top = f(bottom). In place (bottom_diff = top_diff) allowed. SIGMOID, TANH and EXP do not read
 * bottom; ELU with a >= 0 reads only its signs, so that it may be the output.
 */
C4J_API void elementwise_backward(int function, Tensor* bottom, Tensor* top, Tensor* top_diff, Tensor* bottom_diff, float a, float b,
                                  float c);

}  // namespace caffe4j
