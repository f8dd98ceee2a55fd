// Convolution of the emulated cuDNN, by OpenBLAS. The heuristics offer what a caller must know to leave alone: an algorithm that cannot do this,
// one that takes too much workspace, one that rounds and one whose order of additions is not fixed.
#include <cblas.h>

#include <algorithm>
#include <vector>

#include "cudnn.h"

using namespace cudaemu;

namespace {

constexpr int kDeterministic = 1, kTensorOpMath = 1, kFmaMath = 3;
/** Elements of a part's matrix, about. */
constexpr int64_t kMatrix = int64_t(1) << 19;

struct Performance {
  int algorithm, status;
  float time;
  size_t memory;
  int determinism, math;
  int reserved[3];
};

/** Some rows of the outputs of one image and group: where they begin in y, and the group in x and in the weights. */
struct Part {
  int64_t x, w, y, row, rows;
};

/**
 * What of a convolution its three directions share. Each is a product with the matrix of a part: a column for every output, with the values of x
 * that it sees, a row for every weight.
 */
struct Geometry {
  CudnnDims x, w, y;
  cudnnConvolutionStruct c;

  int64_t group_outputs() const { return w.n / c.group; }
  int64_t weights() const { return w.c * w.plane(); }
  int64_t rows() const { return std::clamp<int64_t>(kMatrix / (weights() * y.w), 1, y.h); }

  /** Calls f(part, memory for its matrix). */
  template <class F>
  void for_parts(const F& f) const {
    std::vector<float> matrix(size_t(weights() * rows() * y.w));
    for (int64_t n = 0; n < x.n; ++n) {
      for (int64_t g = 0; g < c.group; ++g) {
        for (int64_t row = 0; row < y.h; row += rows()) {
          const int64_t output = g * group_outputs();
          f(Part{(n * x.c + g * w.c) * x.plane(), output * weights(), (n * y.c + output) * y.plane() + row * y.w, row, std::min(rows(), y.h - row)},
            matrix.data());
        }
      }
    }
  }

  /** Calls f(element of x, element of the matrix, how many) for every row of outputs and weight that meet. */
  template <class F>
  void for_rows(const Part& part, const F& f) const {
    for (int64_t k = 0; k < weights(); ++k) {
      const int64_t plane = k / w.plane(), p = k / w.w % w.h, q = k % w.w;
      int64_t first = 0, end = y.w;
      while (first < end && first * c.stride_w - c.pad_w + q < 0) ++first;
      while (end > first && (end - 1) * c.stride_w - c.pad_w + q >= x.w) --end;
      for (int64_t r = 0; r < part.rows; ++r) {
        const int64_t h = (part.row + r) * c.stride_h - c.pad_h + p;
        if (h < 0 || h >= x.h || first == end) continue;
        f(part.x + plane * x.plane() + h * x.w + first * c.stride_w - c.pad_w + q, (k * part.rows + r) * y.w + first, end - first);
      }
    }
  }

  void gather(const Part& part, const float* from, float* matrix) const {
    std::fill_n(matrix, weights() * part.rows * y.w, 0.0f);
    for_rows(part, [&](int64_t at, int64_t to, int64_t many) {
      for (int64_t i = 0; i < many; ++i) matrix[to + i] = from[at + i * c.stride_w];
    });
  }
};

/** c = op(a) * b or a * op(b), row-major; the numbers behind the matrices are the lengths of their rows in memory. */
void multiply(CBLAS_TRANSPOSE trans_a, CBLAS_TRANSPOSE trans_b, int64_t m, int64_t n, int64_t k, const float* a, int64_t row_a, const float* b,
              int64_t row_b, float* c, int64_t row_c) {
  cblas_sgemm(CblasRowMajor, trans_a, trans_b, int(m), int(n), int(k), 1, a, int(row_a), b, int(row_b), 0, c, int(row_c));
}

int64_t outputs(int in, int kernel, int pad, int stride) { return (int64_t(in) + 2 * int64_t(pad) - kernel) / stride + 1; }

/** A status for descriptors that do not belong together. */
int check(cudnnContext* handle, const CudnnDims* x, const CudnnDims* w, const cudnnConvolutionStruct* c, const CudnnDims* y, Geometry& to) {
  if (handle == nullptr || x == nullptr || w == nullptr || c == nullptr || y == nullptr) return refuse(kCudnnBadParam, "a descriptor is NULL");
  if (!x->set || !w->set || !c->set || !y->set) return refuse(kCudnnBadParam, "a descriptor was not set");
  if (x->c != c->group * w->c) return refuse(kCudnnBadParam, "inputTensorDesc->dimA[1] != convDesc->groupCount * filterDesc->dimA[1]");
  if (w->n % c->group != 0) return refuse(kCudnnBadParam, "filterDesc->dimA[0] % convDesc->groupCount != 0");
  if (int64_t(x->h) + 2 * int64_t(c->pad_h) < w->h || int64_t(x->w) + 2 * int64_t(c->pad_w) < w->w) return refuse(kCudnnBadParam, "the filter is larger than the input");
  if (y->n != x->n || y->c != w->n || y->h != outputs(x->h, w->h, c->pad_h, c->stride_h) || y->w != outputs(x->w, w->w, c->pad_w, c->stride_w)) {
    return refuse(kCudnnBadParam, "the output has other dimensions");
  }
  to = {*x, *w, *y, *c};
  return kCudnnSuccess;
}

/** The numbers of Winograd's algorithm: for 3x3 of stride 1, ranked last, and with a workspace that grows with the batch. */
constexpr int kForwardWinograd = 7, kBackwardWinograd = 5;

bool is_winograd(const Geometry& g, int algorithm) {
  return (algorithm == kForwardWinograd || algorithm == kBackwardWinograd) && g.w.h == 3 && g.w.w == 3 && g.c.stride_h == 1 && g.c.stride_w == 1;
}

/** Bytes that an algorithm takes: 0 none, 1 some, 2 very many. The numbers mean other algorithms in each direction. */
size_t workspace_of(const Geometry& g, int algorithm) {
  if (is_winograd(g, algorithm)) return size_t(g.x.n) << 26;
  switch (algorithm) {
    case 1: return size_t(g.y.plane()) * 2 * sizeof(float);
    case 2: return size_t(1) << 40;
  }
  return 0;
}

int answer(const Geometry& g, int winograd, int most, int* count, Performance* found) {
  if (most < 1 || count == nullptr || found == nullptr) return refuse(kCudnnBadParam, "requestedAlgoCount < 1 or nowhere to answer");
  // Strides beyond the data are what real algorithms refuse.
  if (g.c.stride_h > 1024 || g.c.stride_w > 1024) return refuse(kCudnnNotSupported, "no algorithm for this stride");
  std::vector<Performance> all{{4, kCudnnNotSupported, -1, 0, kDeterministic, g.c.math, {}},
                                     {2, kCudnnSuccess, 0.1f, workspace_of(g, 2), kDeterministic, g.c.math, {}},
                                     {3, kCudnnSuccess, 0.2f, 0, kDeterministic, kTensorOpMath, {}},
                                     {0, kCudnnSuccess, 0.3f, 0, 0, g.c.math, {}},
                                     {1, kCudnnSuccess, 0.4f, workspace_of(g, 1), kDeterministic, g.c.math, {}}};
  if (is_winograd(g, winograd)) all.push_back({winograd, kCudnnSuccess, 0.5f, workspace_of(g, winograd), kDeterministic, g.c.math, {}});
  *count = std::min(most, int(all.size()));
  std::copy_n(all.begin(), *count, found);
  return kCudnnSuccess;
}

/** A status unless an algorithm and its workspace will do. */
int check_algorithm(const Geometry& g, int algorithm, void* workspace, size_t bytes) {
  if ((algorithm < 0 || algorithm > 1) && !is_winograd(g, algorithm)) return refuse(kCudnnNotSupported, "this algorithm does not do this");
  if (g.c.math != kFmaMath) return refuse(kCudnnNotSupported, "only products in full floats are emulated");
  if (bytes < workspace_of(g, algorithm)) return refuse(kCudnnBadParam, "the workspace is too small");
  if (bytes > 0 && workspace == nullptr) return refuse(kCudnnBadParam, "the workspace is NULL");
  return kCudnnSuccess;
}

/** The workspace is written over, so that whoever keeps something there loses it. */
void spoil(void* workspace, size_t bytes) { std::fill_n(static_cast<unsigned char*>(workspace), bytes, static_cast<unsigned char>(0xFF)); }

int start(cudnnContext* handle, std::initializer_list<CudnnArray> arrays, void* workspace, size_t bytes, std::function<void()> work) {
  std::function<void()> all = [workspace, bytes, work = std::move(work)] {
    spoil(workspace, bytes);
    work();
  };
  if (bytes == 0) return compute(handle, arrays, std::move(all));
  std::vector<CudnnArray> with(arrays);
  const CudnnArray a = with[0], b = with[1], c = with[2];
  return compute(handle, {a, b, c, {workspace, int64_t(bytes / sizeof(float))}}, std::move(all));
}

int size_of(const Geometry& g, int algorithm, size_t* bytes) {
  if (bytes == nullptr || algorithm < 0) return refuse(kCudnnBadParam, "nowhere to answer");
  if (algorithm > 3 && !is_winograd(g, algorithm)) return refuse(kCudnnNotSupported, "this algorithm does not do this");
  *bytes = workspace_of(g, algorithm);
  return kCudnnSuccess;
}

}  // namespace

extern "C" {

CUDAEMU_API int cudnnGetConvolutionForwardAlgorithm_v7(cudnnContext* handle, cudnnTensorStruct* x, cudnnFilterStruct* w, cudnnConvolutionStruct* c,
                                                       cudnnTensorStruct* y, int most, int* count, Performance* found) {
  Geometry g;
  const int status = check(handle, x, w, c, y, g);
  return status != kCudnnSuccess ? status : answer(g, kForwardWinograd, most, count, found);
}
CUDAEMU_API int cudnnGetConvolutionBackwardDataAlgorithm_v7(cudnnContext* handle, cudnnFilterStruct* w, cudnnTensorStruct* dy,
                                                            cudnnConvolutionStruct* c, cudnnTensorStruct* dx, int most, int* count,
                                                            Performance* found) {
  Geometry g;
  const int status = check(handle, dx, w, c, dy, g);
  return status != kCudnnSuccess ? status : answer(g, kBackwardWinograd, most, count, found);
}
CUDAEMU_API int cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnnContext* handle, cudnnTensorStruct* x, cudnnTensorStruct* dy,
                                                              cudnnConvolutionStruct* c, cudnnFilterStruct* dw, int most, int* count,
                                                              Performance* found) {
  Geometry g;
  const int status = check(handle, x, dw, c, dy, g);
  return status != kCudnnSuccess ? status : answer(g, kBackwardWinograd, most, count, found);
}

CUDAEMU_API int cudnnGetConvolutionForwardWorkspaceSize(cudnnContext* handle, cudnnTensorStruct* x, cudnnFilterStruct* w,
                                                        cudnnConvolutionStruct* c, cudnnTensorStruct* y, int algorithm, size_t* bytes) {
  Geometry g;
  const int status = check(handle, x, w, c, y, g);
  return status != kCudnnSuccess ? status : size_of(g, algorithm, bytes);
}
CUDAEMU_API int cudnnGetConvolutionBackwardDataWorkspaceSize(cudnnContext* handle, cudnnFilterStruct* w, cudnnTensorStruct* dy,
                                                             cudnnConvolutionStruct* c, cudnnTensorStruct* dx, int algorithm, size_t* bytes) {
  Geometry g;
  const int status = check(handle, dx, w, c, dy, g);
  return status != kCudnnSuccess ? status : size_of(g, algorithm, bytes);
}
CUDAEMU_API int cudnnGetConvolutionBackwardFilterWorkspaceSize(cudnnContext* handle, cudnnTensorStruct* x, cudnnTensorStruct* dy,
                                                               cudnnConvolutionStruct* c, cudnnFilterStruct* dw, int algorithm, size_t* bytes) {
  Geometry g;
  const int status = check(handle, x, dw, c, dy, g);
  return status != kCudnnSuccess ? status : size_of(g, algorithm, bytes);
}

CUDAEMU_API int cudnnConvolutionForward(cudnnContext* handle, const void* alpha, cudnnTensorStruct* x_desc, const void* x, cudnnFilterStruct* w_desc,
                                        const void* w, cudnnConvolutionStruct* c, int algorithm, void* workspace, size_t bytes, const void* beta,
                                        cudnnTensorStruct* y_desc, void* y) {
  Geometry g;
  Blend into;
  int status = check(handle, x_desc, w_desc, c, y_desc, g);
  if (status == kCudnnSuccess) status = check_algorithm(g, algorithm, workspace, bytes);
  if (status != kCudnnSuccess) return status;
  if (!blend(alpha, beta, into)) return refuse(kCudnnBadParam, "a factor is NULL");
  return start(handle, {{x, g.x.count()}, {w, g.w.count()}, {y, g.y.count()}}, workspace, bytes, [=] {
    const float *from = static_cast<const float*>(x), *weights = static_cast<const float*>(w);
    std::vector<float> sums(size_t(g.y.count()));
    g.for_parts([&](const Part& p, float* matrix) {
      const int64_t columns = p.rows * g.y.w;
      g.gather(p, from, matrix);
      multiply(CblasNoTrans, CblasNoTrans, g.group_outputs(), columns, g.weights(), weights + p.w, g.weights(), matrix, columns, &sums[size_t(p.y)],
               g.y.plane());
    });
    for (size_t i = 0; i < sums.size(); ++i) into(static_cast<float*>(y)[i], double(sums[i]));
  });
}

CUDAEMU_API int cudnnConvolutionBackwardData(cudnnContext* handle, const void* alpha, cudnnFilterStruct* w_desc, const void* w,
                                             cudnnTensorStruct* dy_desc, const void* dy, cudnnConvolutionStruct* c, int algorithm, void* workspace,
                                             size_t bytes, const void* beta, cudnnTensorStruct* dx_desc, void* dx) {
  Geometry g;
  Blend into;
  int status = check(handle, dx_desc, w_desc, c, dy_desc, g);
  if (status == kCudnnSuccess) status = check_algorithm(g, algorithm, workspace, bytes);
  if (status != kCudnnSuccess) return status;
  if (!blend(alpha, beta, into)) return refuse(kCudnnBadParam, "a factor is NULL");
  return start(handle, {{w, g.w.count()}, {dy, g.y.count()}, {dx, g.x.count()}}, workspace, bytes, [=] {
    const float *from = static_cast<const float*>(dy), *weights = static_cast<const float*>(w);
    std::vector<float> sums(size_t(g.x.count()));
    g.for_parts([&](const Part& p, float* matrix) {
      const int64_t columns = p.rows * g.y.w;
      multiply(CblasTrans, CblasNoTrans, g.weights(), columns, g.group_outputs(), weights + p.w, g.weights(), from + p.y, g.y.plane(), matrix,
               columns);
      g.for_rows(p, [&](int64_t at, int64_t column, int64_t many) {
        for (int64_t i = 0; i < many; ++i) sums[size_t(at + i * g.c.stride_w)] += matrix[column + i];
      });
    });
    for (size_t i = 0; i < sums.size(); ++i) into(static_cast<float*>(dx)[i], double(sums[i]));
  });
}

CUDAEMU_API int cudnnConvolutionBackwardFilter(cudnnContext* handle, const void* alpha, cudnnTensorStruct* x_desc, const void* x,
                                               cudnnTensorStruct* dy_desc, const void* dy, cudnnConvolutionStruct* c, int algorithm,
                                               void* workspace, size_t bytes, const void* beta, cudnnFilterStruct* dw_desc, void* dw) {
  Geometry g;
  Blend into;
  int status = check(handle, x_desc, dw_desc, c, dy_desc, g);
  if (status == kCudnnSuccess) status = check_algorithm(g, algorithm, workspace, bytes);
  if (status != kCudnnSuccess) return status;
  if (!blend(alpha, beta, into)) return refuse(kCudnnBadParam, "a factor is NULL");
  return start(handle, {{x, g.x.count()}, {dy, g.y.count()}, {dw, g.w.count()}}, workspace, bytes, [=] {
    const float *from = static_cast<const float*>(x), *diff = static_cast<const float*>(dy);
    std::vector<double> sums(size_t(g.w.count()));
    std::vector<float> product(size_t(g.group_outputs() * g.weights()));
    g.for_parts([&](const Part& p, float* matrix) {
      const int64_t columns = p.rows * g.y.w;
      g.gather(p, from, matrix);
      multiply(CblasNoTrans, CblasTrans, g.group_outputs(), g.weights(), columns, diff + p.y, g.y.plane(), matrix, columns, product.data(),
               g.weights());
      for (size_t i = 0; i < product.size(); ++i) sums[size_t(p.w) + i] += double(product[i]);
    });
    for (size_t i = 0; i < sums.size(); ++i) into(static_cast<float*>(dw)[i], sums[i]);
  });
}

}  // extern "C"
