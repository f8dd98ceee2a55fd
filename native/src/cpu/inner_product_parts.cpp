#include "inner_product_parts.h"

#include <omp.h>

#include "error.h"
#include "launch.h"
#include "packed_weights.h"

namespace caffe4j {

namespace {

using Desc = dnnl::memory::desc;

constexpr int64_t kFewestOutputs = 32;             // of a part
constexpr int64_t kFewestWeights = 64 * 1024;      // less is moved in no time
constexpr int64_t kMostWeights = 2 * 1024 * 1024;  // more is in no cache the next time

Desc matrix(int64_t rows, int64_t columns, int64_t row_stride, int64_t column_stride) {
  return Desc({rows, columns}, dnnl::memory::data_type::f32, Dims{row_stride, column_stride});
}

}  // namespace

bool InnerProductParts::suits(int64_t rows) {
  const bool pays = context_.gpu() == nullptr && context_.threads() > 1 && n_ >= kFewestOutputs * context_.threads() &&
                    n_ * k_ >= kFewestWeights && n_ * k_ <= kMostWeights && omp_in_parallel() == 0;
  return pays && !parts(rows).empty();
}

std::vector<InnerProductParts::Part>& InnerProductParts::parts(int64_t rows) {
  return plans_.get(rows, [&] { return make_parts(rows); });
}

std::vector<InnerProductParts::Part> InnerProductParts::make_parts(int64_t m) const {
  const dnnl::engine& engine = context_.engine();
  std::vector<Part> parts(size_t(context_.threads()));
  const int64_t count = int64_t(parts.size());
  omp_set_num_threads(1);  // what follows is made for the thread that runs it; the next operation sets the number again
  try {
    for (int64_t p = 0; p < count; ++p) {
      Part& part = parts[size_t(p)];
      part.from = n_ * p / count;
      const int64_t c = part.count = n_ * (p + 1) / count - part.from;
      const Desc x = matrix(m, k_, k_, 1), w = matrix(c, k_, k_, 1), y = matrix(m, c, n_, 1);
      part.forward_pd = {engine, x, matrix(k_, c, 1, k_), y};
      part.biased_pd = {engine, x, matrix(k_, c, 1, k_), matrix(1, c, c, 1), y};
      part.data_pd = {engine, y, w, x};
      part.weight_pd = {engine, matrix(c, m, 1, n_), x, w};
      for (const auto* pd : {&part.forward_pd, &part.biased_pd, &part.data_pd, &part.weight_pd}) {
        if (is_reference(pd->impl_info_str())) return {};
      }
      part.forward = dnnl::matmul(part.forward_pd);
      part.biased = dnnl::matmul(part.biased_pd);
      part.data = dnnl::matmul(part.data_pd);
      part.weight = dnnl::matmul(part.weight_pd);
      part.stream = dnnl::stream(engine);
    }
  } catch (const dnnl::error&) {
    return {};  // no kernel for these matrices
  }
  return parts;
}

/** Calls f(part, its number, execute) for every part in its thread; execute(primitive, descriptor, source, weights, bias or null, target). */
template <class F>
void InnerProductParts::for_parts(int64_t rows, const F& f) {
  std::vector<Part>& all = parts(rows);
  const dnnl::engine& engine = context_.engine();
  context_.enter();
  int failed = 0;
#pragma omp parallel for schedule(static, 1) reduction(+ : failed)
  for (size_t p = 0; p < all.size(); ++p) {
    Part& part = all[p];
    const auto memory = [&](const Desc& desc, const float* values) { return dnnl::memory(desc, engine, const_cast<float*>(values)); };
    try {
      f(part, int64_t(p),
        [&](const dnnl::matmul& product, const dnnl::matmul::primitive_desc& pd, const float* a, const float* b, const float* bias, float* c) {
          std::unordered_map<int, dnnl::memory> arguments{{DNNL_ARG_SRC, memory(pd.src_desc(), a)},
                                                          {DNNL_ARG_WEIGHTS, memory(pd.weights_desc(), b)},
                                                          {DNNL_ARG_DST, memory(pd.dst_desc(), c)}};
          if (bias != nullptr) arguments.emplace(DNNL_ARG_BIAS, memory(pd.bias_desc(), bias));
          product.execute(part.stream, arguments);
        });
    } catch (const std::exception&) {  // nothing may leave the region
      ++failed;
    }
  }
  require(failed == 0, ErrorKind::HOST_MEMORY, "oneDNN could not multiply ", rows, " x ", k_, " by ", k_, " x ", n_);
}

void InnerProductParts::forward(int64_t rows, const float* x, const float* weight, const float* bias, float* y) {
  for_parts(rows, [=](const Part& part, int64_t, const auto& execute) {
    const float* own = weight + part.from * k_;
    if (bias == nullptr) return execute(part.forward, part.forward_pd, x, own, nullptr, y + part.from);
    execute(part.biased, part.biased_pd, x, own, bias + part.from, y + part.from);
  });
}

void InnerProductParts::backward_data(int64_t rows, const float* dy, const float* weight, float* dx) {
  const int64_t n = rows * k_, count = context_.threads();
  float* shares = context_.host_scratch(n * count);
  for_parts(rows, [=](const Part& part, int64_t p, const auto& execute) {
    execute(part.data, part.data_pd, dy + part.from, weight + part.from * k_, nullptr, shares + p * n);
  });
  parallel_for(context_, n, [=](int64_t i) {
    float sum = 0;
    for (int64_t p = 0; p < count; ++p) sum += shares[p * n + i];
    dx[i] = sum;
  });
}

void InnerProductParts::backward_weight(int64_t rows, const float* x, const float* dy, float* dw) {
  for_parts(rows, [=](const Part& part, int64_t, const auto& execute) {
    execute(part.weight, part.weight_pd, dy + part.from, x, nullptr, dw + part.from * k_);
  });
}

}  // namespace caffe4j
