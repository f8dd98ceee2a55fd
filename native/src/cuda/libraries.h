#pragma once
// cuBLAS, cuDNN and NCCL, opened at run time: nothing of them is needed to build or to load the library.
#include <string>

namespace caffe4j {

/** A shared library that is opened on construction and stays open; failing to is no error. */
class DynamicLibrary {
 public:
  explicit DynamicLibrary(const char* soname);

  bool is_open() const { return handle_ != nullptr; }
  /** Why it is not open. */
  const std::string& problem() const { return problem_; }

  /** The function of a name, typed by the caller; null if the library is not open or lacks it. */
  template <class F>
  F* function(const char* name) const {
    return reinterpret_cast<F*>(symbol(name));
  }

 private:
  void* symbol(const char* name) const;

  void* handle_;
  std::string problem_;
};

/**
 * Members of a struct of functions of a library, which is the struct's member `library`, from a list of X(result, name, parameters) as in
 * cublas_api.h. Each has the name that the library exports, and is null where it does not.
 */
#define C4J_FUNCTION(result, name, parameters) result(*name) parameters = library.function<result parameters>(#name);
/** For a condition: that such a member is not null. */
#define C4J_AND_FOUND(result, name, parameters) &&name != nullptr

/** cuBLAS of the CUDA release that the library was built with. */
const DynamicLibrary& cublas();
/** cuDNN 9. */
const DynamicLibrary& cudnn();
/** NCCL 2, for several GPUs. */
const DynamicLibrary& nccl();

}  // namespace caffe4j
