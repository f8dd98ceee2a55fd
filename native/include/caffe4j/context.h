#pragma once
#include "caffe4j/export.h"

namespace caffe4j {

/** Where work runs: a device, a number of threads and the scratch memory of the operations. */
class Context;

/** A context on the CPU that uses `threads` OpenMP threads; 0 means every processor the process may use. */
C4J_API Context* context_create_cpu(int threads);
/**
 * A context on CUDA device `device`; layers that have no code for a GPU run on `threads` threads of the host, with their values copied over
 * and back. Throws DEVICE with the reason where there is no such device.
 */
C4J_API Context* context_create_gpu(int device, int threads);
C4J_API void context_destroy(Context* context);
C4J_API int context_threads(const Context* context);

/** Reorders between memory layouts done in this context since it was made: a measure of how well layouts travel between layers. */
C4J_API int64_t context_reorders(const Context* context);

/** Copies between host and GPU since this context was made, in one direction; 0 on the CPU. */
C4J_API int64_t context_transfers(const Context* context, bool to_host);
/** Libraries of CUDA that are opened at run time. Our own kernels do without them. */
enum GpuLibrary { GPU_LIBRARY_CUBLAS = 0, GPU_LIBRARY_CUDNN = 1 };
/** Why a context on a GPU does not use a library, which is opened at the first call; empty where it does, and on the CPU. */
C4J_API const char* context_library_problem(Context* context, int library);
/** Waits until everything that was started in this context is done. Work on a GPU goes on while the host does something else. */
C4J_API void context_synchronize(Context* context);

/** Compilers, instruction set and versions of the libraries underneath, one line. */
C4J_API const char* build_description();

}  // namespace caffe4j
