#pragma once
#include <cstdint>
#include <vector>

#include "channel_layout.h"
#include "cpu/winograd/kernels.h"

namespace caffe4j::winograd {

/** A convolution 3x3 with stride 1, dilation 1 and one group. */
struct Shape {
  int64_t batch, channels, height, width;  // of the input
  int64_t outputs, out_h, out_w;           // of the result
  int64_t pad_h, pad_w;                    // before the first row and column; behind the last ones follow as many zeros as outputs need
};

/**
 * True where Winograd's algorithm is expected to take less time than the direct one: by the shape, the number of threads and the vectors of
 * this processor alone, so that a net is computed in the same way each time.
 */
template <class Value = float>
bool pays(const Shape& shape, int threads);

/** True for the convolutions that the algorithm is for, whatever their size: 3x3, stride 1, without dilation, one group. */
bool suits(int64_t group, const Dims& kernel, const Dims& stride, const Dims& dilation);

/** True if there are inner loops for values of a type on this processor, as there are for floats on any. */
template <class Value>
bool is_supported();

/** The layout in which weights are read fastest: [outputs / 16][channels][3][3][16]. */
constexpr dnnl::memory::format_tag kWeights = dnnl::memory::format_tag::Abcd16a;

/**
 * Describes weights of outputs x channels x 3 x 3 in `layout`; false where it is not one of blocks of 16 outputs side by side, blocks of as many
 * channels outside of them or none.
 *
 * @param backward the weights are those of a convolution whose gradient by its data is the convolution at hand: its channels are the outputs,
 *     its outputs the channels, filters are turned
 */
bool filters_of(const dnnl::memory::desc& layout, bool backward, Filters& result);

/**
 * F(4x4, 3x3): tiles of 4x4 outputs from 36 products an input channel instead of 144. Inputs, weights and products are transformed in the
 * caches, a group of tiles or a block of outputs at a time, so that nothing is kept but the weights as they are. Transforming them again in each call
 * costs less than reading four times as many from memory. A value's sum runs over the channels in their order, whatever the number of threads.
 *
 * Immutable once prepared; any thread may run it.
 *
 * @tparam Value float or Bf16, the type of inputs and weights
 */
template <class Value>
class ConvolutionOf {
 public:
  /**
   * The layouts of both images have blocks of a multiple of 16 channels, or all channels side by side.
   *
   * @param to_float results are floats, not of type Value
   */
  ConvolutionOf(const Shape& shape, const ChannelLayout& in, const Filters& filters, const ChannelLayout& out, int threads, bool to_float = false);

  /** Finds what run has to know of bf16 weights, once, before it. */
  void prepare(const Value* weights);

  /** Floats of memory that run needs to work in, aligned to 64 bytes. */
  int64_t scratch() const { return shared_floats_ + threads_ * private_floats_; }

  /**
   * @param bias, and the slopes of a PRELU, have `outputs` values, rounded up to whole blocks of padded_outputs()
   * @param y may be the summand of a post-operation
   */
  void run(const Value* x, const Value* weights, const float* bias, const std::vector<Post>& posts, void* y, float* scratch) const;

  /** The length of arrays with a value for each output. */
  int64_t padded_outputs() const { return blocks() * kernels_.block; }

 private:
  using Factor = typename KernelsOf<Value>::Factor;

  int64_t blocks() const { return (shape_.outputs + kernels_.block - 1) / kernels_.block; }
  int64_t groups() const { return (shape_.channels + kernels_.group - 1) / kernels_.group; }
  int64_t outputs_in(int64_t block) const;
  int64_t v_plane() const { return (strip_ | 1) * kernels_.group; }
  int64_t v_group() const { return FactorOf<Value>::kPlanes * v_plane(); }
  int64_t v_floats() const;
  int64_t u_plane() const;
  int64_t u_floats() const;
  int64_t m_plane() const;

  void run_by_tiles(const Value* x, const Value* weights, const float* bias, const std::vector<Post>& posts, void* y, float* scratch) const;
  void run_by_outputs(const Value* x, const Value* weights, const float* bias, const std::vector<Post>& posts, void* y, float* scratch) const;
  const float* scales(int64_t block) const;
  void transform_weights(const Value* weights, int64_t block, int64_t first, int64_t channels, Factor* u) const;
  void multiply(const Factor* v, const Factor* u, int64_t block, int64_t channels, int64_t tiles, float* m, bool add) const;
  void transform_output(const float* m, int64_t first, int64_t tiles, int64_t block, const float* bias, const std::vector<Post>& posts,
                        void* y) const;

  Shape shape_;
  const KernelsOf<Value>& kernels_;
  Problem problem_;
  Filters filters_;
  int threads_;
  bool to_float_;
  int64_t tiles_;       // of all images
  bool by_tiles_;       // threads share tiles out, else blocks of outputs
  int64_t strip_;       // tiles that are transformed together
  int64_t parts_;       // pieces of a strip that are tasks of their own
  int64_t depth_;       // channels whose weights are transformed together
  int64_t shared_floats_, private_floats_;
  std::vector<float> scales_;  // of weights as integers
};

using Convolution = ConvolutionOf<float>;

}  // namespace caffe4j::winograd
