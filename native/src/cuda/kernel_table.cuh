#pragma once
// Finds the CUDA kernel of a functor that only its type names: launch.h is compiled without CUDA, the functors' kernels by nvcc.
#include <type_traits>
#include <typeindex>
#include <unordered_map>

#include "cuda/launch.cuh"

namespace caffe4j {

/** What a kernel works over; each form of functor uses what it needs. */
struct KernelWork {
  int64_t n, channels, inner;
  float* sums;  // where every channel has one share only
  void* parts;  // of sums
};

/** Starts the kernel of the functor that `f` points to. */
using KernelStart = void (*)(cudaStream_t stream, const void* f, const KernelWork& work);

class KernelTable {
 public:
  /** The form of a functor follows from its call operator: f(i), f(i, c, i), f(i) that returns double or float, or f(i, c) that returns a pair. */
  template <class... F>
  void add() {
    (add_one<F>(), ...);
  }

  /** Null where there is no such kernel. */
  KernelStart find(std::type_index functor) const {
    const auto entry = starts_.find(functor);
    return entry == starts_.end() ? nullptr : entry->second;
  }

 private:
  template <class F>
  void add_one() {
    if constexpr (std::is_invocable_v<F, int64_t, int64_t, int64_t>) {
      starts_[typeid(F)] = [](cudaStream_t stream, const void* f, const KernelWork& w) {
        const F& functor = *static_cast<const F*>(f);
        if (w.n >= Divisor::kMost) return start(run_channels<F>, blocks_for(w.n, kMaxGrid), stream, w.n, w.channels, w.inner, functor);
        start(run_few_channels<F>, blocks_for(w.n, kMaxGrid), stream, uint32_t(w.n), Divisor(w.channels), Divisor(w.inner), functor);
      };
    } else if constexpr (std::is_invocable_v<F, int64_t, int64_t>) {
      add_sums<F>();
    } else if constexpr (std::is_same_v<std::invoke_result_t<F, int64_t>, double>) {
      starts_[typeid(F)] = [](cudaStream_t stream, const void* f, const KernelWork& w) {
        start(sum_elements<F>, blocks_for(w.n, kMaxSumBlocks), stream, w.n, static_cast<double*>(w.parts), *static_cast<const F*>(f));
      };
    } else if constexpr (std::is_same_v<std::invoke_result_t<F, int64_t>, float>) {
      add_sums<F>();
    } else {
      starts_[typeid(F)] = [](cudaStream_t stream, const void* f, const KernelWork& w) {
        start(run_elements<F>, blocks_for(w.n, kMaxGrid), stream, w.n, *static_cast<const F*>(f));
      };
    }
  }

  template <class F>
  void add_sums() {
    starts_[typeid(F)] = [](cudaStream_t stream, const void* f, const KernelWork& w) {
      const ChannelShares shares(w.n, w.channels, w.inner);
      start(sum_channels<F>, shares.blocks(), stream, shares, static_cast<typename SumOf<F>::type*>(w.parts), w.sums, *static_cast<const F*>(f));
    };
  }

  std::unordered_map<std::type_index, KernelStart> starts_;
};

/** The kernels of all functors in kernels/; defined in the file that cmake/CudaKernels.cmake writes. */
void add_kernels(KernelTable& table);

}  // namespace caffe4j
