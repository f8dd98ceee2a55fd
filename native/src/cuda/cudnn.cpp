#include "cuda/cudnn.h"

#include <limits>
#include <string>

#include "cuda/cuda_context.h"
#include "error.h"

namespace caffe4j {

namespace {

constexpr float kOne = 1, kZero = 0;
constexpr size_t kAlignment = 256;

int mode_of(CudnnActivation f) {
  switch (f) {
    case CudnnActivation::SIGMOID: return kCudnnActivationSigmoid;
    case CudnnActivation::RELU: return kCudnnActivationRelu;
    case CudnnActivation::TANH: return kCudnnActivationTanh;
  }
  return -1;
}

struct Activation {
  CudnnActivationDescriptor descriptor;
  CudnnTensor values;

  Activation(CudnnActivation f, int64_t n) : values(1, 1, 1, n) {
    require_cudnn(cudnn_functions().cudnnSetActivationDescriptor(descriptor, mode_of(f), kCudnnPropagateNan, 0), "describing an activation to cuDNN");
  }
};

/** AVE over windows that lie in the padded input: only for those it is certain that cuDNN divides by what Caffe divides by. */
struct AveragePooling {
  CudnnPoolingDescriptor descriptor;
  CudnnTensor input, output;

  AveragePooling(const PoolingWindow& window, const PoolingShape& s)
      : input(s.batch, s.channels, s.height, s.width), output(s.batch, s.channels, s.out_h, s.out_w) {
    require_cudnn(cudnn_functions().cudnnSetPooling2dDescriptor(descriptor, kCudnnPoolingAverageCountIncludePadding, kCudnnPropagateNan,
                                                                int(window.h.kernel), int(window.w.kernel), int(window.h.pad), int(window.w.pad),
                                                                int(window.h.stride), int(window.w.stride)),
                  "describing a pooling to cuDNN");
  }

  static bool inside(const PoolingAxis& a, int64_t size, int64_t outputs) { return a.start(outputs - 1) + a.kernel <= size + a.pad; }
  static bool covers(const PoolingWindow& window, const PoolingShape& s) {
    return fits_cudnn({s.batch, s.channels, s.height, s.width}) && fits_cudnn({s.batch, s.channels, s.out_h, s.out_w}) &&
           inside(window.h, s.height, s.out_h) && inside(window.w, s.width, s.out_w);
  }
};

struct Lrn {
  CudnnLrnDescriptor descriptor;
  CudnnTensor values;
  size_t bytes, room;  // of an array, and of one behind which another begins

  explicit Lrn(const CudnnLrn& lrn)
      : values(lrn.batch, lrn.channels, lrn.height, lrn.width),
        bytes(size_t(lrn.batch * lrn.channels * lrn.height * lrn.width) * sizeof(float)),
        room((bytes + kAlignment - 1) / kAlignment * kAlignment) {
    require_cudnn(cudnn_functions().cudnnSetLRNDescriptor(descriptor, unsigned(lrn.size), double(lrn.alpha), double(lrn.beta), double(lrn.k)),
                  "describing LRN to cuDNN");
  }

  static bool covers(const CudnnLrn& lrn) {
    return lrn.size <= kCudnnLrnMaxN && double(lrn.k) >= kCudnnLrnMinK && double(lrn.beta) >= kCudnnLrnMinBeta &&
           fits_cudnn({lrn.batch, lrn.channels, lrn.height, lrn.width});
  }
};

}  // namespace

const CudnnFunctions& cudnn_functions() {
  static const CudnnFunctions found;
  return found;
}

void require_cudnn(int status, const char* what) {
  if (status == kCudnnSuccess) return;
  char detail[256] = {};
  cudnn_functions().cudnnGetLastErrorString(detail, sizeof(detail));
  const bool memory = status == kCudnnHostAllocationFailed || status == kCudnnDeviceAllocationFailed;
  fail(memory ? ErrorKind::DEVICE_MEMORY : ErrorKind::DEVICE, what, ": ", cudnn_functions().cudnnGetErrorString(status), " (", status, ")",
       detail[0] == 0 ? "" : ": ", detail, " (engine: CAFFE does without cuDNN)");
}

bool fits_cudnn(std::initializer_list<int64_t> dims) {
  int64_t product = 1;
  for (int64_t d : dims) {
    if (d <= 0 || d > std::numeric_limits<int32_t>::max() / product) return false;
    product *= d;
  }
  return true;
}

CudnnTensor::CudnnTensor(int64_t n, int64_t c, int64_t h, int64_t w) {
  require_cudnn(cudnn_functions().cudnnSetTensor4dDescriptor(*this, kCudnnNchw, kCudnnFloat, int(n), int(c), int(h), int(w)),
                "describing an array to cuDNN");
}

Cudnn::Cudnn(CudaContext& gpu) : gpu_(gpu) {
  require(cudnn().is_open(), ErrorKind::DEVICE, cudnn().problem(), " (install cuDNN 9 and put its folder into LD_LIBRARY_PATH)");
  require(cudnn_functions().complete(), ErrorKind::DEVICE, "the cuDNN that was found lacks functions of release 9");
  require_cudnn(cudnn_functions().cudnnCreate(&handle_), "starting cuDNN");
  const int status = cudnn_functions().cudnnSetStream(handle_, gpu.stream());
  if (status != kCudnnSuccess) cudnn_functions().cudnnDestroy(handle_);
  require_cudnn(status, "giving cuDNN its stream");
}

const float* Cudnn::kept_elsewhere(const float* x, size_t bytes, void* place) {
  gpu_.copy(place, x, bytes);
  return static_cast<const float*>(place);
}

Cudnn::~Cudnn() { cudnn_functions().cudnnDestroy(handle_); }

bool Cudnn::activation_forward(CudnnActivation f, int64_t n, const float* x, float* y) {
  if (!fits_cudnn({n})) return false;
  gpu_.enter();
  const Activation a(f, n);
  require_cudnn(cudnn_functions().cudnnActivationForward(handle_, a.descriptor, &kOne, a.values, x, &kZero, a.values, y), "an activation");
  return true;
}

bool Cudnn::activation_backward(CudnnActivation f, int64_t n, const float* y, const float* dy, float* dx) {
  if (!fits_cudnn({n})) return false;
  gpu_.enter();
  const Activation a(f, n);
  // The gradients of these three are functions of the output; the input may have been overwritten by it.
  require_cudnn(cudnn_functions().cudnnActivationBackward(handle_, a.descriptor, &kOne, a.values, y, a.values, dy, a.values, y, &kZero, a.values, dx),
                "an activation's gradient");
  return true;
}

bool Cudnn::softmax_forward(const float* x, float* y, int64_t outer, int64_t channels, int64_t inner) {
  if (!fits_cudnn({outer, channels, inner})) return false;
  gpu_.enter();
  const CudnnTensor values(outer, channels, inner, 1);
  const size_t bytes = size_t(outer * channels * inner) * sizeof(float);
  if (x == y) x = kept_elsewhere(x, bytes, gpu_.scratch(bytes));
  require_cudnn(cudnn_functions().cudnnSoftmaxForward(handle_, kCudnnSoftmaxAccurate, kCudnnSoftmaxModeChannel, &kOne, values, x, &kZero, values, y),
                "softmax");
  return true;
}

bool Cudnn::softmax_backward(const float* y, const float* dy, float* dx, int64_t outer, int64_t channels, int64_t inner) {
  if (!fits_cudnn({outer, channels, inner})) return false;
  gpu_.enter();
  const CudnnTensor values(outer, channels, inner, 1);
  require_cudnn(cudnn_functions().cudnnSoftmaxBackward(handle_, kCudnnSoftmaxAccurate, kCudnnSoftmaxModeChannel, &kOne, values, y, values, dy,
                                                       &kZero, values, dx),
                "softmax's gradient");
  return true;
}

bool Cudnn::average_pooling_forward(const PoolingWindow& window, const PoolingShape& s, const float* x, float* y) {
  if (!AveragePooling::covers(window, s)) return false;
  gpu_.enter();
  const AveragePooling p(window, s);
  require_cudnn(cudnn_functions().cudnnPoolingForward(handle_, p.descriptor, &kOne, p.input, x, &kZero, p.output, y), "pooling");
  return true;
}

bool Cudnn::average_pooling_backward(const PoolingWindow& window, const PoolingShape& s, const float* x, const float* dy, float* dx) {
  if (!AveragePooling::covers(window, s)) return false;
  gpu_.enter();
  const AveragePooling p(window, s);
  // The gradient of a mean needs no values; dy stands in for the output, which has its shape.
  require_cudnn(cudnn_functions().cudnnPoolingBackward(handle_, p.descriptor, &kOne, p.output, dy, p.output, dy, p.input, x, &kZero, p.input, dx),
                "pooling's gradient");
  return true;
}

bool Cudnn::lrn_forward(const CudnnLrn& lrn, const float* x, float* y) {
  if (!Lrn::covers(lrn)) return false;
  gpu_.enter();
  const Lrn l(lrn);
  char* scratch = x == y || !lrn.across ? static_cast<char*>(gpu_.scratch(3 * l.room)) : nullptr;
  if (x == y) x = kept_elsewhere(x, l.bytes, scratch + 2 * l.room);
  if (lrn.across) {
    require_cudnn(cudnn_functions().cudnnLRNCrossChannelForward(handle_, l.descriptor, kCudnnLrnCrossChannelDim1, &kOne, l.values, x, &kZero,
                                                                l.values, y),
                  "LRN");
    return true;
  }
  require_cudnn(cudnn_functions().cudnnDivisiveNormalizationForward(handle_, l.descriptor, kCudnnDivnormPrecomputedMeans, &kOne, l.values, x,
                                                                    nullptr, scratch, scratch + l.room, &kZero, l.values, y),
                "LRN within channels");
  return true;
}

bool Cudnn::lrn_backward(const CudnnLrn& lrn, const float* x, const float* dy, float* dx) {
  if (x == dx || dy == dx || !Lrn::covers(lrn)) return false;
  gpu_.enter();
  const Lrn l(lrn);
  char* scratch = static_cast<char*>(gpu_.scratch(2 * l.room));
  if (lrn.across) {
    // The output once more: a layer behind may have worked in place on it since.
    require_cudnn(cudnn_functions().cudnnLRNCrossChannelForward(handle_, l.descriptor, kCudnnLrnCrossChannelDim1, &kOne, l.values, x, &kZero,
                                                                l.values, scratch),
                  "LRN");
    require_cudnn(cudnn_functions().cudnnLRNCrossChannelBackward(handle_, l.descriptor, kCudnnLrnCrossChannelDim1, &kOne, l.values, scratch,
                                                                 l.values, dy, l.values, x, &kZero, l.values, dx),
                  "LRN's gradient");
    return true;
  }
  require_cudnn(cudnn_functions().cudnnDivisiveNormalizationBackward(handle_, l.descriptor, kCudnnDivnormPrecomputedMeans, &kOne, l.values, x,
                                                                     nullptr, dy, scratch, scratch + l.room, &kZero, l.values, dx, nullptr),
                "the gradient of LRN within channels");
  return true;
}

}  // namespace caffe4j
