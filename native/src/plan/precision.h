#pragma once
#include <oneapi/dnnl/dnnl.hpp>

namespace caffe4j {

/** oneDNN's type for a PlanPrecision. Throws INVALID for other numbers. */
dnnl::memory::data_type data_type(int precision);

/** The PlanPrecision of what a step reads. */
int precision_of(dnnl::memory::data_type type);

/** True if the processor computes with a type faster than with float, and for float itself. */
bool is_fast(dnnl::memory::data_type type);

}  // namespace caffe4j
