#pragma once
// The one exception type that leaves the core, and the checks that throw it.
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <limits>
#include <sstream>
#include <string>

namespace caffe4j {

/** Kinds of errors; the Java side maps each to an exception class by the name in Error::what(). */
enum class ErrorKind { INVALID, SHAPE, DATA, HOST_MEMORY, DEVICE_MEMORY, DEVICE, UNSUPPORTED, INTERNAL };

inline const char* name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::INVALID: return "INVALID";
    case ErrorKind::SHAPE: return "SHAPE";
    case ErrorKind::DATA: return "DATA";
    case ErrorKind::HOST_MEMORY: return "HOST_MEMORY";
    case ErrorKind::DEVICE_MEMORY: return "DEVICE_MEMORY";
    case ErrorKind::DEVICE: return "DEVICE";
    case ErrorKind::UNSUPPORTED: return "UNSUPPORTED";
    case ErrorKind::INTERNAL: return "INTERNAL";
  }
  return "INTERNAL";
}

class Error : public std::exception {
 public:
  Error(ErrorKind kind, const std::string& message)
      : text_(std::string("C4J:") + name_of(kind) + ":" + message), start_(text_.size() - message.size()) {}
  const char* what() const noexcept override { return text_.c_str(); }
  /** Without the kind. */
  const char* message() const noexcept { return text_.c_str() + start_; }

 private:
  std::string text_;
  size_t start_;
};

/** Joins its arguments into a message and throws. */
template <class... Parts>
[[noreturn]] void fail(ErrorKind kind, const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  throw Error(kind, text.str());
}

/** Throws unless `ok`; the parts are only joined then. */
template <class... Parts>
inline void require(bool ok, ErrorKind kind, const Parts&... parts) {
  if (!ok) fail(kind, parts...);
}

/** Throws unless each of the sizes fits 32 bits: oneDNN and BLAS count with such numbers inside, and end the process on larger ones. */
inline void require_countable(const char* what, std::initializer_list<int64_t> sizes) {
  for (int64_t size : sizes) {
    require(size <= std::numeric_limits<int32_t>::max(), ErrorKind::SHAPE, what, " takes at most ", std::numeric_limits<int32_t>::max(),
            " values an item and as many items, got ", size);
  }
}

/** The referenced object, or INVALID for a null handle. */
template <class T>
inline T& deref(T* handle, const char* what) {
  if (handle == nullptr) fail(ErrorKind::INVALID, what, " is null");
  return *handle;
}

}  // namespace caffe4j
