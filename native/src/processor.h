#pragma once
#include <oneapi/dnnl/dnnl.hpp>

namespace caffe4j {

/** True if oneDNN finds these instructions, and may use them: ONEDNN_MAX_CPU_ISA is for our own kernels too. */
inline bool processor_has(dnnl::cpu_isa isa) { return (unsigned(dnnl::get_effective_cpu_isa()) & unsigned(isa)) == unsigned(isa); }

}  // namespace caffe4j
