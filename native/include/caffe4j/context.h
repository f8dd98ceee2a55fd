#pragma once
#include "caffe4j/export.h"

namespace caffe4j {

/** Where work runs: a device, a number of threads and the scratch memory of the operations. */
class Context;

/** A context on the CPU that uses `threads` OpenMP threads; 0 means every processor the process may use. */
C4J_API Context* context_create_cpu(int threads);
C4J_API void context_destroy(Context* context);
C4J_API int context_threads(const Context* context);

/** Reorders between memory layouts done in this context since it was made: a measure of how well layouts travel between layers. */
C4J_API int64_t context_reorders(const Context* context);

/** Compilers, instruction set and versions of the libraries underneath, one line. */
C4J_API const char* build_description();

}  // namespace caffe4j
