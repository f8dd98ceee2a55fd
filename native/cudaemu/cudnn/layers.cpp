// Activations, softmax, AVE pooling and LRN of the emulated cuDNN, by their definitions.
#include <algorithm>
#include <cmath>
#include <vector>

#include "cudnn.h"

using namespace cudaemu;

namespace {

bool same(std::initializer_list<const cudnnTensorStruct*> descriptors) {
  const cudnnTensorStruct* first = *descriptors.begin();
  return std::all_of(descriptors.begin(), descriptors.end(), [=](const cudnnTensorStruct* d) { return d != nullptr && first != nullptr && *d == *first; });
}

/** Statuses that all these functions give alike. */
int check(std::initializer_list<const cudnnTensorStruct*> alike, const void* alpha, const void* beta, Blend& into) {
  if (!same(alike)) return refuse(kCudnnBadParam, "a tensor was not set, or has another shape");
  return blend(alpha, beta, into) ? int(kCudnnSuccess) : refuse(kCudnnBadParam, "a factor is NULL");
}

double activated(int mode, double x) {
  switch (mode) {
    case 0: return 1 / (1 + std::exp(-x));
    case 1: return std::isnan(x) ? x : std::max(x, 0.0);
  }
  return std::tanh(x);
}

double slope(int mode, double y) {
  switch (mode) {
    case 0: return y * (1 - y);
    case 1: return y > 0 ? 1 : 0;
  }
  return 1 - y * y;
}

/** Calls f(first element, distance of channels) for every item of a softmax over channels. */
template <class F>
void for_items(const CudnnDims& s, const F& f) {
  for (int64_t n = 0; n < s.n; ++n) {
    for (int64_t i = 0; i < s.plane(); ++i) f(n * s.c * s.plane() + i, s.plane());
  }
}

/** AVE: calls f(input, output) for every pair in a window. */
template <class F>
void for_windows(const cudnnPoolingStruct& p, const CudnnDims& x, const CudnnDims& y, const F& f) {
  for (int64_t plane = 0; plane < int64_t(x.n) * x.c; ++plane) {
    for (int64_t o = 0; o < y.plane(); ++o) {
      const int64_t top = o / y.w * p.stride_h - p.pad_h, left = o % y.w * p.stride_w - p.pad_w;
      for (int64_t h = std::max<int64_t>(top, 0); h < std::min<int64_t>(top + p.kernel_h, x.h); ++h) {
        for (int64_t w = std::max<int64_t>(left, 0); w < std::min<int64_t>(left + p.kernel_w, x.w); ++w) {
          f(plane * x.plane() + h * x.w + w, plane * y.plane() + o);
        }
      }
    }
  }
}

int check_pooling(const cudnnPoolingStruct* p, const cudnnTensorStruct* x, const cudnnTensorStruct* y) {
  if (p == nullptr || !p->set || x == nullptr || !x->set || y == nullptr || !y->set) return refuse(kCudnnBadParam, "a descriptor was not set");
  if (x->n != y->n || x->c != y->c) return refuse(kCudnnBadParam, "input and output have other images or channels");
  if (p->mode != 1) return refuse(kCudnnNotSupported, "only CUDNN_POOLING_AVERAGE_COUNT_INCLUDE_PADDING is emulated");
  // cuDNN does not say what it divides by where a window leaves the padded input.
  const bool inside = int64_t(y->h - 1) * p->stride_h + p->kernel_h <= int64_t(x->h) + 2 * int64_t(p->pad_h) &&
                      int64_t(y->w - 1) * p->stride_w + p->kernel_w <= int64_t(x->w) + 2 * int64_t(p->pad_w);
  return inside ? int(kCudnnSuccess) : refuse(kCudnnNotSupported, "a window leaves the padded input");
}

/** The windows of LRN: over channels, or over a square of a channel. */
struct LrnWindows {
  cudnnLRNStruct l;
  CudnnDims s;
  bool across;

  double weight() const { return l.alpha / (across ? double(l.n) : double(l.n) * double(l.n)); }

  template <class F>
  double sum(int64_t i, const F& f) const {
    const int64_t before = (int64_t(l.n) - 1) / 2, after = int64_t(l.n) - 1 - before;
    double total = 0;
    if (across) {
      const int64_t c = i / s.plane() % s.c;
      for (int64_t o = std::max(c - before, int64_t(0)); o <= std::min(c + after, int64_t(s.c) - 1); ++o) total += f(i + (o - c) * s.plane());
      return total;
    }
    const int64_t h = i / s.w % s.h, w = i % s.w;
    for (int64_t y = std::max(h - before, int64_t(0)); y <= std::min(h + after, int64_t(s.h) - 1); ++y) {
      for (int64_t x = std::max(w - before, int64_t(0)); x <= std::min(w + after, int64_t(s.w) - 1); ++x) total += f(i + (y - h) * s.w + x - w);
    }
    return total;
  }

  double scale(const float* x, int64_t i) const {
    return l.k + weight() * sum(i, [=](int64_t at) { return double(x[at]) * double(x[at]); });
  }

  void forward(const float* x, float* y, Blend into) const {
    for (int64_t i = 0; i < s.count(); ++i) into(y[i], double(x[i]) * std::pow(scale(x, i), -l.beta));
  }

  /** With odd windows, which are their own mirror images. */
  void backward(const float* x, const float* dy, float* dx, Blend into) const {
    std::vector<double> scales(size_t(s.count())), ratios(scales);
    for (int64_t i = 0; i < s.count(); ++i) {
      scales[size_t(i)] = scale(x, i);
      ratios[size_t(i)] = double(dy[i]) * double(x[i]) * std::pow(scales[size_t(i)], -l.beta - 1);
    }
    for (int64_t i = 0; i < s.count(); ++i) {
      const double sum_of_ratios = sum(i, [&](int64_t at) { return ratios[size_t(at)]; });
      into(dx[i], double(dy[i]) * std::pow(scales[size_t(i)], -l.beta) - 2 * weight() * l.beta * double(x[i]) * sum_of_ratios);
    }
  }
};

int check_lrn(const cudnnLRNStruct* l, int mode) {
  return l == nullptr || !l->set || mode != 0 ? refuse(kCudnnBadParam, "LRN was not described, or in another mode") : int(kCudnnSuccess);
}

}  // namespace

extern "C" {

CUDAEMU_API int cudnnActivationForward(cudnnContext* handle, cudnnActivationStruct* a, const void* alpha, cudnnTensorStruct* x_desc, const void* x,
                                       const void* beta, cudnnTensorStruct* y_desc, void* y) {
  Blend into;
  const int status = check({x_desc, y_desc}, alpha, beta, into);
  if (status != kCudnnSuccess) return status;
  if (a == nullptr || !a->set) return refuse(kCudnnBadParam, "the activation was not set");
  const int64_t n = x_desc->count();
  return compute(handle, {{x, n}, {y, n}}, [=, mode = a->mode] {
    for (int64_t i = 0; i < n; ++i) into(static_cast<float*>(y)[i], activated(mode, double(static_cast<const float*>(x)[i])));
  });
}

CUDAEMU_API int cudnnActivationBackward(cudnnContext* handle, cudnnActivationStruct* a, const void* alpha, cudnnTensorStruct* y_desc, const void* y,
                                        cudnnTensorStruct* dy_desc, const void* dy, cudnnTensorStruct* x_desc, const void* x, const void* beta,
                                        cudnnTensorStruct* dx_desc, void* dx) {
  Blend into;
  const int status = check({y_desc, dy_desc, x_desc, dx_desc}, alpha, beta, into);
  if (status != kCudnnSuccess) return status;
  if (a == nullptr || !a->set) return refuse(kCudnnBadParam, "the activation was not set");
  const int64_t n = y_desc->count();
  return compute(handle, {{y, n}, {dy, n}, {x, n}, {dx, n}}, [=, mode = a->mode] {
    for (int64_t i = 0; i < n; ++i) {
      into(static_cast<float*>(dx)[i], double(static_cast<const float*>(dy)[i]) * slope(mode, double(static_cast<const float*>(y)[i])));
    }
  });
}

CUDAEMU_API int cudnnSoftmaxForward(cudnnContext* handle, int algorithm, int mode, const void* alpha, cudnnTensorStruct* x_desc, const void* x,
                                    const void* beta, cudnnTensorStruct* y_desc, void* y) {
  Blend into;
  const int status = check({x_desc, y_desc}, alpha, beta, into);
  if (status != kCudnnSuccess) return status;
  if (algorithm != 1 || mode != 1) return refuse(kCudnnNotSupported, "only the accurate softmax over channels is emulated");
  if (x == y) return refuse(kCudnnNotSupported, "softmax in place, of which cuDNN says nothing");
  return compute(handle, {{x, x_desc->count()}, {y, x_desc->count()}}, [=, s = CudnnDims(*x_desc)] {
    const float* from = static_cast<const float*>(x);
    for_items(s, [&](int64_t first, int64_t step) {
      double largest = double(from[first]), sum = 0;
      for (int64_t c = 0; c < s.c; ++c) largest = std::max(largest, double(from[first + c * step]));
      for (int64_t c = 0; c < s.c; ++c) sum += std::exp(double(from[first + c * step]) - largest);
      for (int64_t c = 0; c < s.c; ++c) into(static_cast<float*>(y)[first + c * step], std::exp(double(from[first + c * step]) - largest) / sum);
    });
  });
}

CUDAEMU_API int cudnnSoftmaxBackward(cudnnContext* handle, int algorithm, int mode, const void* alpha, cudnnTensorStruct* y_desc, const void* y,
                                     cudnnTensorStruct* dy_desc, const void* dy, const void* beta, cudnnTensorStruct* dx_desc, void* dx) {
  Blend into;
  const int status = check({y_desc, dy_desc, dx_desc}, alpha, beta, into);
  if (status != kCudnnSuccess) return status;
  if (algorithm != 1 || mode != 1) return refuse(kCudnnNotSupported, "only the accurate softmax over channels is emulated");
  return compute(handle, {{y, y_desc->count()}, {dy, y_desc->count()}, {dx, y_desc->count()}}, [=, s = CudnnDims(*y_desc)] {
    const float *values = static_cast<const float*>(y), *diff = static_cast<const float*>(dy);
    for_items(s, [&](int64_t first, int64_t step) {
      double dot = 0;
      for (int64_t c = 0; c < s.c; ++c) dot += double(values[first + c * step]) * double(diff[first + c * step]);
      for (int64_t c = 0; c < s.c; ++c) {
        const int64_t at = first + c * step;
        into(static_cast<float*>(dx)[at], (double(diff[at]) - dot) * double(values[at]));
      }
    });
  });
}

CUDAEMU_API int cudnnPoolingForward(cudnnContext* handle, cudnnPoolingStruct* p, const void* alpha, cudnnTensorStruct* x_desc, const void* x,
                                    const void* beta, cudnnTensorStruct* y_desc, void* y) {
  Blend into;
  const int status = check_pooling(p, x_desc, y_desc);
  if (status != kCudnnSuccess) return status;
  if (!blend(alpha, beta, into)) return refuse(kCudnnBadParam, "a factor is NULL");
  return compute(handle, {{x, x_desc->count()}, {y, y_desc->count()}}, [=, window = *p, in = CudnnDims(*x_desc), out = CudnnDims(*y_desc)] {
    std::vector<double> sums(size_t(out.count()));
    for_windows(window, in, out, [&](int64_t i, int64_t o) { sums[size_t(o)] += double(static_cast<const float*>(x)[i]); });
    for (size_t o = 0; o < sums.size(); ++o) into(static_cast<float*>(y)[o], sums[o] / (double(window.kernel_h) * window.kernel_w));
  });
}

CUDAEMU_API int cudnnPoolingBackward(cudnnContext* handle, cudnnPoolingStruct* p, const void* alpha, cudnnTensorStruct* y_desc, const void* y,
                                     cudnnTensorStruct* dy_desc, const void* dy, cudnnTensorStruct* x_desc, const void* x, const void* beta,
                                     cudnnTensorStruct* dx_desc, void* dx) {
  Blend into;
  const int status = check_pooling(p, x_desc, y_desc);
  if (status != kCudnnSuccess) return status;
  if (!same({y_desc, dy_desc}) || !same({x_desc, dx_desc})) return refuse(kCudnnBadParam, "a gradient has another shape");
  if (!blend(alpha, beta, into)) return refuse(kCudnnBadParam, "a factor is NULL");
  return compute(handle, {{y, y_desc->count()}, {dy, y_desc->count()}, {x, x_desc->count()}, {dx, x_desc->count()}},
                 [=, window = *p, in = CudnnDims(*x_desc), out = CudnnDims(*y_desc)] {
                   std::vector<double> sums(size_t(in.count()));
                   for_windows(window, in, out, [&](int64_t i, int64_t o) { sums[size_t(i)] += double(static_cast<const float*>(dy)[o]); });
                   for (size_t i = 0; i < sums.size(); ++i) into(static_cast<float*>(dx)[i], sums[i] / (double(window.kernel_h) * window.kernel_w));
                 });
}

CUDAEMU_API int cudnnLRNCrossChannelForward(cudnnContext* handle, cudnnLRNStruct* l, int mode, const void* alpha, cudnnTensorStruct* x_desc,
                                            const void* x, const void* beta, cudnnTensorStruct* y_desc, void* y) {
  Blend into;
  int status = check_lrn(l, mode);
  if (status == kCudnnSuccess) status = check({x_desc, y_desc}, alpha, beta, into);
  if (status != kCudnnSuccess) return status;
  if (x == y) return refuse(kCudnnNotSupported, "LRN in place, of which cuDNN says nothing");
  const LrnWindows windows{*l, *x_desc, true};
  return compute(handle, {{x, x_desc->count()}, {y, x_desc->count()}},
                 [=] { windows.forward(static_cast<const float*>(x), static_cast<float*>(y), into); });
}

CUDAEMU_API int cudnnLRNCrossChannelBackward(cudnnContext* handle, cudnnLRNStruct* l, int mode, const void* alpha, cudnnTensorStruct* y_desc,
                                             const void* y, cudnnTensorStruct* dy_desc, const void* dy, cudnnTensorStruct* x_desc, const void* x,
                                             const void* beta, cudnnTensorStruct* dx_desc, void* dx) {
  Blend into;
  int status = check_lrn(l, mode);
  if (status == kCudnnSuccess) status = check({y_desc, dy_desc, x_desc, dx_desc}, alpha, beta, into);
  if (status != kCudnnSuccess) return status;
  const LrnWindows windows{*l, *x_desc, true};
  const int64_t n = x_desc->count();
  return compute(handle, {{y, n}, {dy, n}, {x, n}, {dx, n}}, [=] {
    // A gradient that is taken from another output than that of x is one of nothing.
    const float* from = static_cast<const float*>(x);
    std::vector<float> output(static_cast<size_t>(n));
    windows.forward(from, output.data(), {1, 0});
    float wrong = 0;
    for (int64_t i = 0; i < n; ++i) wrong = std::max(wrong, std::abs(output[size_t(i)] - static_cast<const float*>(y)[i]));
    windows.backward(from, static_cast<const float*>(dy), static_cast<float*>(dx), wrong == 0 ? into : Blend{NAN, 0});
  });
}

CUDAEMU_API int cudnnDivisiveNormalizationForward(cudnnContext* handle, cudnnLRNStruct* l, int mode, const void* alpha, cudnnTensorStruct* x_desc,
                                                  const void* x, const void* means, void* first, void* second, const void* beta,
                                                  cudnnTensorStruct* y_desc, void* y) {
  Blend into;
  int status = check_lrn(l, mode);
  if (status == kCudnnSuccess) status = check({x_desc, y_desc}, alpha, beta, into);
  if (status != kCudnnSuccess) return status;
  if (means != nullptr) return refuse(kCudnnNotSupported, "means are not emulated");
  const LrnWindows windows{*l, *x_desc, false};
  const int64_t n = x_desc->count();
  return compute(handle, {{x, n}, {first, n}, {second, n}, {y, n}}, [=] {
    std::fill_n(static_cast<float*>(first), n, NAN);
    std::fill_n(static_cast<float*>(second), n, NAN);
    windows.forward(static_cast<const float*>(x), static_cast<float*>(y), into);
  });
}

CUDAEMU_API int cudnnDivisiveNormalizationBackward(cudnnContext* handle, cudnnLRNStruct* l, int mode, const void* alpha, cudnnTensorStruct* x_desc,
                                                   const void* x, const void* means, const void* dy, void* first, void* second, const void* beta,
                                                   cudnnTensorStruct* dx_desc, void* dx, void* means_diff) {
  Blend into;
  int status = check_lrn(l, mode);
  if (status == kCudnnSuccess) status = check({x_desc, dx_desc}, alpha, beta, into);
  if (status != kCudnnSuccess) return status;
  if (means != nullptr || means_diff != nullptr) return refuse(kCudnnNotSupported, "means are not emulated");
  const LrnWindows windows{*l, *x_desc, false};
  const int64_t n = x_desc->count();
  return compute(handle, {{x, n}, {dy, n}, {first, n}, {second, n}, {dx, n}}, [=] {
    std::fill_n(static_cast<float*>(first), n, NAN);
    std::fill_n(static_cast<float*>(second), n, NAN);
    windows.backward(static_cast<const float*>(x), static_cast<const float*>(dy), static_cast<float*>(dx), into);
  });
}

}  // extern "C"
