#include "plan/precision.h"

#include "caffe4j/plan.h"
#include "error.h"

namespace caffe4j {

dnnl::memory::data_type data_type(int precision) {
  switch (precision) {
    case PLAN_F32: return dnnl::memory::data_type::f32;
    case PLAN_BF16: return dnnl::memory::data_type::bf16;
    case PLAN_INT8: return dnnl::memory::data_type::s8;
    default: fail(ErrorKind::INVALID, "unknown precision ", precision);
  }
}

int precision_of(dnnl::memory::data_type type) {
  switch (type) {
    case dnnl::memory::data_type::bf16: return PLAN_BF16;
    case dnnl::memory::data_type::s8:
    case dnnl::memory::data_type::u8: return PLAN_INT8;
    default: return PLAN_F32;
  }
}

bool is_fast(dnnl::memory::data_type type) {
  if (type == dnnl::memory::data_type::f32) return true;
#if defined(__x86_64__)
  // Without VNNI sums of two products are cut off at 16 bits, and are wrong.
  const dnnl::cpu_isa isa = dnnl::get_effective_cpu_isa();
  if (type == dnnl::memory::data_type::s8 &&
      (isa == dnnl::cpu_isa::avx2_vnni || isa == dnnl::cpu_isa::avx2_vnni_2 || isa == dnnl::cpu_isa::avx512_core_vnni)) {
    return true;
  }
#endif
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
