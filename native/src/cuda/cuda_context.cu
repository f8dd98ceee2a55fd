#include "cuda/cuda_context.h"

#include <cstring>
#include <limits>

#include "caffe4j/context.h"
#include "caffe4j/device.h"
#include "cuda/kernel_table.cuh"
#include "gemm.h"

namespace caffe4j {

namespace {

/** Bytes of a pinned buffer: long enough for full speed over the bus, small beside the values of a net. */
constexpr size_t kStaging = size_t(4) << 20;

/** Bytes of workspace for cuDNN at most. */
constexpr size_t kMostWorkspace = size_t(1) << 30;

const KernelTable& kernels() {
  static const KernelTable table = [] {
    KernelTable t;
    add_kernels(t);
    return t;
  }();
  return table;
}

KernelStart kernel_of(const std::type_info& functor) {
  const KernelStart found = kernels().find(functor);
  require(found != nullptr, ErrorKind::INTERNAL, "the library has no CUDA kernel for ", functor.name());
  return found;
}

/** In one block: partial[0] = the sum of all `count` values. */
__global__ void __launch_bounds__(kBlock) add_partial_sums(int64_t count, double* partial) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += kBlock) sum += partial[i];
  sum = block_sum(sum);
  if (threadIdx.x == 0) partial[0] = sum;
}

/** out[c] += the sum of channel c's parts. */
__global__ void __launch_bounds__(kBlock) add_channel_parts(int64_t channels, int64_t splits, const double* parts, float* out) {
  const int64_t stride = int64_t(gridDim.x) * blockDim.x;
  for (int64_t c = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; c < channels; c += stride) {
    double sum = 0;
    for (int64_t s = 0; s < splits; ++s) sum += parts[c * splits + s];
    out[c] += float(sum);
  }
}

}  // namespace

std::shared_ptr<Gpu> make_gpu(int device) {
  require(device_count() > 0, ErrorKind::DEVICE, "no CUDA device ", device, ": ", device_unavailability());
  require(device >= 0 && device < device_count(), ErrorKind::DEVICE, "no CUDA device ", device, ": there are ", device_count(),
          ", numbered from 0");
  return std::make_shared<CudaContext>(device);
}

CudaContext::Device::Device(int number) {
  require_cuda(cudaSetDevice(number), "choosing a CUDA device");
  require_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a CUDA stream");
}

CudaContext::Device::~Device() { cudaStreamDestroy(stream); }

CudaContext::CudaContext(int device) : device_(device), owned_(device), stream_(owned_.stream) {
  int pools = 0;
  require_cuda(cudaDeviceGetAttribute(&pools, cudaDevAttrMemoryPoolsSupported, device), "asking for the properties of a CUDA device");
  has_pool_ = pools != 0;
  if (has_pool_) {
    cudaMemPool_t pool = nullptr;
    uint64_t keep = std::numeric_limits<uint64_t>::max();
    require_cuda(cudaDeviceGetDefaultMemPool(&pool, device), "finding a CUDA device's memory pool");
    require_cuda(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep), "telling a CUDA memory pool to keep its memory");
  }
  cudaDeviceProp properties;
  require_cuda(cudaGetDeviceProperties(&properties, device), "asking for the properties of a CUDA device");
  most_workspace_ = std::min(kMostWorkspace, properties.totalGlobalMem / 16);
  for (Staging& s : staging_) s.make(kStaging);
}

CudaContext::~CudaContext() {
  cudaSetDevice(device_);
  release(scratch_.memory);
  release(parts_.memory);
  cudaStreamSynchronize(stream_);
}

CudaContext::Staging::~Staging() {
  if (memory != nullptr) cudaFreeHost(memory);
  if (free != nullptr) cudaEventDestroy(free);
}

void CudaContext::Staging::make(size_t bytes) {
  require_cuda(cudaHostAlloc(&memory, bytes, cudaHostAllocDefault), "allocating pinned host memory");
  require_cuda(cudaEventCreateWithFlags(&free, cudaEventDisableTiming), "making a CUDA event");
}

void CudaContext::enter() const { require_cuda(cudaSetDevice(device_), "choosing a CUDA device"); }

template <class T, class Argument>
T* CudaContext::open(Opened<T>& opened, Argument&& argument) {
  if (opened.library == nullptr && opened.problem.empty()) {
    enter();
    try {
      opened.library = std::make_unique<T>(argument);
    } catch (const Error& e) {
      opened.problem = e.message();
    }
  }
  return opened.library.get();
}

void* CudaContext::allocate(size_t bytes) {
  enter();
  void* memory = nullptr;
  const size_t size = bytes == 0 ? 1 : bytes;
  const auto ask = [&] { return has_pool_ ? cudaMallocAsync(&memory, size, stream_) : cudaMalloc(&memory, size); };
  cudaError_t result = ask();
  if (result == cudaErrorMemoryAllocation) {
    // What is being freed in this stream, or lies unused in the pool, may be enough.
    (void)cudaGetLastError();
    require_cuda(cudaStreamSynchronize(stream_), "waiting for the GPU");
    cudaMemPool_t pool = nullptr;
    if (has_pool_ && cudaDeviceGetDefaultMemPool(&pool, device_) == cudaSuccess) cudaMemPoolTrimTo(pool, 0);
    result = ask();
  }
  if (result == cudaErrorMemoryAllocation) {
    (void)cudaGetLastError();
    fail(ErrorKind::DEVICE_MEMORY, "out of memory on CUDA device ", device_, ": ", size,
         " bytes asked for (reduce the batch size or the input's height and width)");
  }
  require_cuda(result, "allocating memory on a CUDA device");
  return memory;
}

void CudaContext::release(void* memory) noexcept {
  if (memory == nullptr) return;
  cudaSetDevice(device_);
  if (has_pool_) {
    cudaFreeAsync(memory, stream_);
  } else {
    cudaFree(memory);
  }
}

void* CudaContext::room(Room& room, size_t bytes) {
  if (room.memory == nullptr || room.bytes < bytes) {
    release(room.memory);
    room.memory = nullptr;
    room.memory = allocate(bytes);
    room.bytes = bytes;
  }
  return room.memory;
}

void* CudaContext::scratch(size_t bytes) { return room(scratch_, bytes); }

void CudaContext::clear(void* to, size_t bytes) {
  enter();
  require_cuda(cudaMemsetAsync(to, 0, bytes, stream_), "clearing memory on a CUDA device");
}

void CudaContext::copy(void* to, const void* from, size_t bytes) {
  enter();
  require_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_), "copying on a CUDA device");
}

CudaContext::Staging& CudaContext::next_staging() {
  turn_ = 1 - turn_;
  require_cuda(cudaEventSynchronize(staging_[turn_].free), "waiting for a copy to a CUDA device");
  return staging_[turn_];
}

void CudaContext::to_device(void* to, const void* host_from, size_t bytes) {
  enter();
  ++transfers_.to_device;
  for (size_t done = 0; done < bytes;) {
    const size_t piece = std::min(kStaging, bytes - done);
    Staging& staging = next_staging();
    std::memcpy(staging.memory, static_cast<const char*>(host_from) + done, piece);
    require_cuda(cudaMemcpyAsync(static_cast<char*>(to) + done, staging.memory, piece, cudaMemcpyHostToDevice, stream_),
                 "copying to a CUDA device");
    require_cuda(cudaEventRecord(staging.free, stream_), "marking a copy to a CUDA device");
    done += piece;
  }
}

void CudaContext::to_host(void* host_to, const void* from, size_t bytes) {
  enter();
  ++transfers_.to_host;
  // While one piece is brought to a pinned buffer, the one before is copied out of the other.
  size_t asked = 0, done = 0, before = 0;
  Staging* last = nullptr;
  while (done < bytes) {
    Staging* staging = nullptr;
    size_t piece = 0;
    if (asked < bytes) {
      staging = &next_staging();
      piece = std::min(kStaging, bytes - asked);
      require_cuda(cudaMemcpyAsync(staging->memory, static_cast<const char*>(from) + asked, piece, cudaMemcpyDeviceToHost, stream_),
                   "copying from a CUDA device");
      require_cuda(cudaEventRecord(staging->free, stream_), "marking a copy from a CUDA device");
      asked += piece;
    }
    if (last != nullptr) {
      require_cuda(cudaEventSynchronize(last->free), "waiting for a copy from a CUDA device");
      std::memcpy(static_cast<char*>(host_to) + done, last->memory, before);
      done += before;
    }
    last = staging;
    before = piece;
  }
}

void CudaContext::synchronize() {
  enter();
  require_cuda(cudaStreamSynchronize(stream_), "waiting for the GPU");
}

void CudaContext::launch(const std::type_info& kernel, const void* f, int64_t n) {
  if (n <= 0) return;
  enter();
  kernel_of(kernel)(stream_, f, {n, 1, n, nullptr, nullptr});
}

void CudaContext::launch_channels(const std::type_info& kernel, const void* f, int64_t outer, int64_t channels, int64_t inner) {
  const int64_t n = outer * channels * inner;
  if (n <= 0) return;
  enter();
  kernel_of(kernel)(stream_, f, {n, channels, inner, nullptr, nullptr});
}

double CudaContext::sum(const std::type_info& kernel, const void* f, int64_t n) {
  if (n <= 0) return 0;
  enter();
  double* parts = static_cast<double*>(room(parts_, kMaxSumBlocks * sizeof(double)));
  kernel_of(kernel)(stream_, f, {n, 1, n, nullptr, parts});
  start(add_partial_sums, 1, stream_, int64_t(blocks_for(n, kMaxSumBlocks)), parts);
  double result = 0;
  to_host(&result, parts, sizeof(result));
  return result;
}

void CudaContext::add_channel_sums(const std::type_info& kernel, const void* f, int64_t outer, int64_t channels, int64_t inner, float* out) {
  const int64_t n = outer * channels * inner;
  if (n <= 0) return;
  enter();
  const int64_t splits = ChannelShares(n, channels, inner).splits;
  if (splits == 1) return kernel_of(kernel)(stream_, f, {n, channels, inner, out, nullptr});
  double* parts = static_cast<double*>(room(parts_, size_t(channels * splits) * sizeof(double)));
  kernel_of(kernel)(stream_, f, {n, channels, inner, nullptr, parts});
  start(add_channel_parts, blocks_for(channels, kMaxGrid), stream_, channels, splits, static_cast<const double*>(parts), out);
}

ChannelPairs CudaContext::channel_pairs(const std::type_info& kernel, const void* f, int64_t outer, int64_t channels, int64_t inner) {
  const int64_t n = outer * channels * inner;
  require(n > 0, ErrorKind::INTERNAL, "sums of pairs over an empty array");
  enter();
  const int64_t splits = ChannelShares(n, channels, inner).splits;
  ChannelPair* parts = static_cast<ChannelPair*>(room(parts_, size_t(channels * splits) * sizeof(ChannelPair)));
  kernel_of(kernel)(stream_, f, {n, channels, inner, nullptr, parts});
  return {parts, splits};
}

void CudaContext::gemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, const float* b, float beta,
                       float* c, const MatrixBatch& batch) {
  enter();
  if (Cublas* cublas = open(cublas_, stream_)) return cublas->gemm(trans_a, trans_b, m, n, k, alpha, a, b, beta, c, batch);
  for (int64_t i = 0; i < batch.count; ++i) {
    own_gemm(trans_a, trans_b, m, n, k, alpha, a + i * batch.a, b + i * batch.b, beta, c + i * batch.c);
  }
}

GpuCudnn* CudaContext::cudnn() { return open(cudnn_, *this); }

const std::string& CudaContext::library_problem(int library) {
  if (library == GPU_LIBRARY_CUBLAS) {
    open(cublas_, stream_);
    return cublas_.problem;
  }
  open(cudnn_, *this);
  return cudnn_.problem;
}

}  // namespace caffe4j
