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
bool pays(const Shape& shape, int threads);

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
 * Immutable; any thread may run it.
 */
class Convolution {
 public:
  /** The layouts of both images have blocks of a multiple of 16 channels, or all channels side by side. */
  Convolution(const Shape& shape, const ChannelLayout& in, const Filters& filters, const ChannelLayout& out, int threads);

  /** Floats of memory that run needs to work in, aligned to 64 bytes. */
  int64_t scratch() const { return shared_floats_ + threads_ * private_floats_; }

  /**
   * @param bias, and the slopes of a PRELU, have `outputs` values, rounded up to whole blocks of padded_outputs()
   * @param y may be the summand of a post-operation
   */
  void run(const float* x, const float* weights, const float* bias, const std::vector<Post>& posts, float* y, float* scratch) const;

  /** The length of arrays with a value for each output. */
  int64_t padded_outputs() const { return blocks() * kernels_.block; }

 private:
  int64_t blocks() const { return (shape_.outputs + kernels_.block - 1) / kernels_.block; }
  int64_t groups() const { return (shape_.channels + kernels_.lanes - 1) / kernels_.lanes; }
  int64_t outputs_in(int64_t block) const;
  int64_t v_plane() const { return (strip_ | 1) * kernels_.lanes; }
  int64_t v_group() const { return kProducts * v_plane(); }
  int64_t v_floats() const;
  int64_t u_plane() const;
  int64_t m_plane() const;

  void run_by_tiles(const float* x, const float* weights, const float* bias, const std::vector<Post>& posts, float* y, float* scratch) const;
  void run_by_outputs(const float* x, const float* weights, const float* bias, const std::vector<Post>& posts, float* y, float* scratch) const;
  void transform_weights(const float* weights, int64_t block, int64_t first, int64_t channels, float* u) const;

  Shape shape_;
  const Kernels& kernels_;
  Problem problem_;
  Filters filters_;
  int threads_;
  int64_t tiles_;       // of all images
  bool by_tiles_;       // threads share tiles out, else blocks of outputs
  int64_t strip_;       // tiles that are transformed together
  int64_t parts_;       // pieces of a strip that are tasks of their own
  int64_t depth_;       // channels whose weights are transformed together
  int64_t shared_floats_, private_floats_;
};

}  // namespace caffe4j::winograd
