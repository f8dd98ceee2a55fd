// Compiled for AVX-512; see CMakeLists.txt.
#include "cpu/winograd/kernels.h"

#if defined(__x86_64__)
namespace caffe4j::winograd {

namespace {
constexpr int kLanes = 16, kVectors = 2, kRows = 14;  // 32 registers
}

#include "cpu/winograd/kernels.inc"

const Kernels kAvx512 = kKernels;

}  // namespace caffe4j::winograd
#endif
