#include "caffe4j/device.h"

#include "error.h"

#ifdef C4J_CUDA
#error "the CUDA build takes cuda/device.cu instead"
#endif

namespace caffe4j {

int device_count() { return 0; }
const char* device_unavailability() {
  return "this native library was built without CUDA; add the classifier linux-x86_64-gpu of caffe4j-native to the class path";
}
const char* device_properties(int device) { fail(ErrorKind::DEVICE, "no CUDA device ", device, ": ", device_unavailability()); }

}  // namespace caffe4j
