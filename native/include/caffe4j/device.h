#pragma once
#include "caffe4j/export.h"

namespace caffe4j {

/** "cpu" or "gpu": how this library was built. */
C4J_API const char* build_variant();
/** Number of usable CUDA devices; 0 where there is none, and then device_unavailability() says why. Never throws for want of a GPU. */
C4J_API int device_count();
/** Why device_count() is 0: built without CUDA, no driver, driver too old, no device. Empty when there is a device. */
C4J_API const char* device_unavailability();
/** The properties that Caffe's device_query prints, one "Name: value" a line. Throws DEVICE when there is no such device. */
C4J_API const char* device_properties(int device);
/** Versions of cuBLAS, cuDNN and NCCL, which are looked for at run time, or why one cannot be used; never throws. */
C4J_API const char* device_libraries();

}  // namespace caffe4j
