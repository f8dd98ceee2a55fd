#include "caffe4j/device.h"

#include "caffe4j/all_reduce.h"
#include "error.h"
#include "gpu.h"

// Stands in for src/cuda in the library without CUDA.
namespace caffe4j {

const char* build_variant() { return "cpu"; }
int device_count() { return 0; }
const char* device_unavailability() {
  return "this native library was built without CUDA; add the classifier linux-x86_64-gpu of caffe4j-native to the class path";
}
const char* device_properties(int device) { fail(ErrorKind::DEVICE, "no CUDA device ", device, ": ", device_unavailability()); }
std::shared_ptr<Gpu> make_gpu(int device) { fail(ErrorKind::DEVICE, "no CUDA device ", device, ": ", device_unavailability()); }
const char* all_reduce_unavailability() { return device_unavailability(); }
std::unique_ptr<GpuSum> make_gpu_sum(const std::vector<Gpu*>&) { fail(ErrorKind::DEVICE, "no CUDA devices: ", device_unavailability()); }
const char* device_libraries() { return "cuBLAS, cuDNN and NCCL are not used: this native library was built without CUDA"; }

}  // namespace caffe4j
