#include "plan/precision.h"

#include "caffe4j/plan.h"
#include "error.h"

namespace caffe4j {

dnnl::memory::data_type data_type(int precision) {
  switch (precision) {
    case PLAN_F32: return dnnl::memory::data_type::f32;
    case PLAN_BF16: return dnnl::memory::data_type::bf16;
    default: fail(ErrorKind::INVALID, "unknown precision ", precision);
  }
}

bool is_fast(dnnl::memory::data_type type) {
  if (type == dnnl::memory::data_type::f32) return true;
#if defined(__x86_64__)
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx512_core_bf16:
    case dnnl::cpu_isa::avx512_core_fp16:
    case dnnl::cpu_isa::avx512_core_amx:
    case dnnl::cpu_isa::avx512_core_amx_fp16: return true;
    default: return false;
  }
#else
  return false;
#endif
}

}  // namespace caffe4j
