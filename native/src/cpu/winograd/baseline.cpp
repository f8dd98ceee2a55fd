#include "cpu/winograd/kernels.h"

namespace caffe4j::winograd {

namespace {
#if defined(__x86_64__)
constexpr int kLanes = 8, kVectors = 2, kRows = 6;  // 16 registers
#else
constexpr int kLanes = 4, kVectors = 4, kRows = 5;  // 32 registers
#endif
}  // namespace

#include "cpu/winograd/kernels.inc"

const Kernels kBaseline = kKernels;

}  // namespace caffe4j::winograd
