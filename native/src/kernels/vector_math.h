#pragma once
// exp, log, log1p, pow and tanh for kernels. With glibc on x86-64 a SIMD loop calls its vector forms (libmvec, at most 4 units in the last
// place off); g++ takes them only for declarations like those below, not for <cmath>'s, unless NaN and infinity are given up.
#include <cmath>

#include "kernels/kernel.h"

namespace caffe4j {

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(__CUDACC__)
#define C4J_VECTOR_FORM _Pragma("omp declare simd notinbranch") __attribute__((const))
extern "C" {
C4J_VECTOR_FORM float vector_exp(float x) noexcept __asm__("expf");
C4J_VECTOR_FORM float vector_log(float x) noexcept __asm__("logf");
C4J_VECTOR_FORM float vector_log1p(float x) noexcept __asm__("log1pf");
C4J_VECTOR_FORM float vector_tanh(float x) noexcept __asm__("tanhf");
C4J_VECTOR_FORM float vector_pow(float x, float y) noexcept __asm__("powf");
}
#undef C4J_VECTOR_FORM
#else
C4J_KERNEL float vector_exp(float x) { return expf(x); }
C4J_KERNEL float vector_log(float x) { return logf(x); }
C4J_KERNEL float vector_log1p(float x) { return log1pf(x); }
C4J_KERNEL float vector_tanh(float x) { return tanhf(x); }
C4J_KERNEL float vector_pow(float x, float y) { return powf(x, y); }
#endif

}  // namespace caffe4j
