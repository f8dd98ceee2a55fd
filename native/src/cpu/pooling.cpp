#include "pooling.h"

#include <limits>

#include "error.h"
#include "gpu_cudnn.h"
#include "launch.h"

namespace caffe4j {

PoolingShape pooling_shape(const Dims& in, const Dims& out) {
  require(in.size() == 4 && out.size() == 4 && in[0] == out[0] && in[1] == out[1], ErrorKind::SHAPE,
          "pooling takes N x C x H x W to as many planes, got shapes ", shape_string(in), " and ", shape_string(out));
  require(in[2] * in[3] <= std::numeric_limits<int32_t>::max(), ErrorKind::SHAPE, "a plane of ", in[2], " x ", in[3], " is too large to pool");
  return {in[0], in[1], in[2], in[3], out[2], out[3]};
}

class Pooling {
 public:
  Pooling(Context& context, int method, int engine, const PoolingWindow& window) : context_(context), method_(method), window_(window) {
    if (method == POOLING_AVE) cudnn_ = cudnn_for(context, engine);
    if (engine != ENGINE_CAFFE && method != POOLING_STOCHASTIC && context.gpu() == nullptr) {
      fast_ = std::make_unique<DnnlPooling>(context, method, window);
    }
  }

  void forward(Tensor& x, Tensor& y, Tensor* mask, bool training, uint64_t seed) {
    const PoolingShape s = pooling_shape(x, y);
    require(!x.shares_with(y), ErrorKind::INVALID, "pooling cannot work in place");
    require(mask == nullptr || (method_ == POOLING_MAX && mask->count() == y.count()), ErrorKind::SHAPE,
            "a mask is for MAX pooling and has the top's shape");
    mask_is_current_ = false;
    if (s.outputs() == 0) return;
    if (mask == nullptr && fast_ && s.inputs() > 0 && fast_->forward(s, x, y, training)) {
      implementation_ = fast_->implementation();
      return;
    }
    const float* from = x.device_read();
    float* to = y.device_overwrite();
    if (cudnn_ != nullptr && cudnn_->average_pooling_forward(window_, s, from, to)) {
      implementation_ = "cudnn";
      return;
    }
    implementation_ = "plain";
    if (method_ == POOLING_MAX) {
      max_pooling_forward(context_, window_, s, from, to, mask_);
      mask_is_current_ = true;
    } else if (method_ == POOLING_AVE) {
      average_pooling_forward(context_, window_, s, from, to);
    } else if (training) {
      stochastic_pooling_forward(context_, window_, s, seed, from, to, mask_);
      mask_is_current_ = true;
    } else {
      expected_pooling_forward(context_, window_, s, from, to);
    }
    if (mask != nullptr) {
      launch(context_, s.outputs(), PoolingMaskAsFloat{mask_.data(), mask->device_overwrite()});
    }
  }

  void backward(Tensor& x, Tensor& dy, Tensor& dx) {
    const PoolingShape s = pooling_shape(x, dy);
    require(dx.dims() == x.dims(), ErrorKind::SHAPE, "pooling's bottom has shape ", shape_string(x.dims()), ", its diff ",
            shape_string(dx.dims()));
    require(!dy.shares_with(dx), ErrorKind::INVALID, "pooling cannot work in place");
    if (s.inputs() == 0) return;
    if (!mask_is_current_ && fast_ && fast_->backward(s, dy, dx)) {
      implementation_ = fast_->implementation();
      return;
    }
    implementation_ = "plain";
    mask_is_current_ = mask_is_current_ && mask_.size() == s.outputs();
    if (method_ == POOLING_MAX && !mask_is_current_) {
      max_pooling_forward(context_, window_, s, x.device_read(), nullptr, mask_);
      mask_is_current_ = true;
    }
    const float* from = dy.device_read();
    float* to = dx.device_overwrite();
    if (cudnn_ != nullptr && cudnn_->average_pooling_backward(window_, s, x.device_read(), from, to)) {
      implementation_ = "cudnn";
      return;
    }
    if (mask_is_current_) {
      max_pooling_backward(context_, window_, s, mask_, from, to);
    } else if (method_ == POOLING_AVE) {
      average_pooling_backward(context_, window_, s, from, to);
    } else {
      expected_pooling_backward(context_, window_, s, x.device_read(), from, to);
    }
  }

  const std::string& implementation() const { return implementation_; }

 private:
  Context& context_;
  int method_;
  PoolingWindow window_;
  std::unique_ptr<DnnlPooling> fast_;
  GpuCudnn* cudnn_ = nullptr;
  PoolingMask mask_;
  bool mask_is_current_ = false;  // mask_ belongs to the last forward
  std::string implementation_ = "none yet";
};

Pooling* pooling_create(Context* context, int method, int engine, int64_t kernel_h, int64_t kernel_w, int64_t stride_h, int64_t stride_w,
                        int64_t pad_h, int64_t pad_w) {
  Context& c = deref(context, "context");
  require(method >= POOLING_MAX && method <= POOLING_STOCHASTIC, ErrorKind::INVALID, "unknown pooling method ", method);
  const PoolingWindow window{{kernel_h, stride_h, pad_h}, {kernel_w, stride_w, pad_w}};
  for (const PoolingAxis& a : {window.h, window.w}) {
    require(a.kernel > 0 && a.stride > 0 && a.pad >= 0 && a.pad < a.kernel && a.kernel <= std::numeric_limits<int32_t>::max() &&
                a.stride <= std::numeric_limits<int32_t>::max(),
            ErrorKind::INVALID, "pooling needs kernel and stride above 0 and a pad below the kernel, got kernel ", a.kernel, ", stride ",
            a.stride, ", pad ", a.pad);
    require(a.pad == 0 || method != POOLING_STOCHASTIC, ErrorKind::INVALID, "Padding implemented only for average and max pooling.");
  }
  return new Pooling(c, method, engine, window);
}

void pooling_destroy(Pooling* pooling) { delete pooling; }

void pooling_forward(Pooling* pooling, Tensor* bottom, Tensor* top, Tensor* mask, bool training, int64_t seed) {
  deref(pooling, "pooling").forward(deref(bottom, "bottom"), deref(top, "top"), mask, training, uint64_t(seed));
}

void pooling_backward(Pooling* pooling, Tensor* bottom, Tensor* top_diff, Tensor* bottom_diff) {
  deref(pooling, "pooling").backward(deref(bottom, "bottom"), deref(top_diff, "top diff"), deref(bottom_diff, "bottom diff"));
}

const char* pooling_implementation(const Pooling* pooling) { return deref(pooling, "pooling").implementation().c_str(); }

}  // namespace caffe4j
