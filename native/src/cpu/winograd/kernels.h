#pragma once
// The inner loops of Winograd convolution, one table for each instruction set. Plain data only: kernels.inc is compiled for several
// instruction sets, and nothing inline may be shared between those and the rest.
#include <cstdint>

namespace caffe4j::winograd {

/** Outputs and inputs along one side of a tile, and products for a tile. */
constexpr int kOut = 4, kIn = 6, kProducts = kIn * kIn;
/** Outputs, or channels, in a block of a layout of weights. */
constexpr int64_t kPacked = 16;

/** What is done to results before they are written, in order. */
struct Post {
  enum Kind { RELU, CLIP, PRELU, SUM };
  Kind kind;
  float a = 0, b = 0;             // RELU: the slope below 0; CLIP: the bounds; SUM: the factor
  const float* slopes = nullptr;  // PRELU: one for each output, up to a whole block
  const void* summand = nullptr;  // SUM: of the result's type, laid out as that
};

/** N x C x H x W in blocks of channels, see ChannelLayout. */
struct Image {
  int64_t channels, height, width;
  int64_t block, batch_stride, block_stride, pixel_stride;
};

/**
 * Where the weights of a vector of outputs lie: output / 16 * block + output % 16 + channel / 16 * channel_block + channel % 16 * channel_stride
 * + tap * tap_stride, taps being numbered row by row.
 */
struct Filters {
  int64_t block, channel_block, channel_stride;
  int64_t tap_stride;  // negative where filters are turned by half a circle; the first tap is the last one in memory then
};

/** A convolution 3x3, stride 1, by tiles of 4x4 outputs, which are numbered through images, rows of tiles and tiles of a row. */
struct Problem {
  Image in, out;
  int64_t pad_h, pad_w, tile_rows, tile_columns;
};

/** The upper half of a float. */
struct Bf16 {
  uint16_t bits;
};

/**
 * What values of a type are transformed to and multiplied as. bf16 becomes integers of 16 bits times scales, of which sums are exact: rounded to
 * bf16 again, transformed values would lose four times as much as direct sums do, and as floats take twice as long to multiply.
 */
template <class Value>
struct FactorOf;
template <>
struct FactorOf<float> {
  using Type = float;
  static constexpr int kPlanes = kProducts;
};
template <>
struct FactorOf<Bf16> {
  using Type = int16_t;
  static constexpr int kPlanes = kProducts + 1;  // the last one has a tile's scale, a float, at the tile's place
};

/**
 * The inner loops for values of a type; results may be of that or float.
 *
 * Arrays between the steps, with planes for each of the 36 products; planes are padded so that they do not meet in a cache's sets.
 *   v: inputs, transformed:  [groups of `group` channels][planes][tiles][group]
 *   u: weights, transformed: [36][channels][block]; of integers [36][pairs of channels][block][2]
 *   m: products:             [36][tiles][block]
 * Scales of integers, [36][outputs], are not read where floats are multiplied.
 */
template <class Value>
struct KernelsOf {
  using Factor = typename FactorOf<Value>::Type;

  int lanes;  // values of a vector of floats
  int group;  // channels whose inputs are transformed together
  int block;  // outputs that are worked on together
  int rows;   // tiles that are multiplied together

  /** Transforms the channels of groups [first_group, end_group) of tiles [first, first + tiles) of x to v. */
  void (*transform_input)(const Problem&, const Value* x, int64_t first, int64_t tiles, int64_t first_group, int64_t end_group, Factor* v,
                          int64_t v_plane, int64_t v_group);
  /** Finds the scales of all weights; null where there are none. */
  void (*scale_weights)(const Filters&, const Value* from, int64_t channels, int64_t outputs, float* scales, int64_t scales_plane);
  /** Transforms channels [first, first + channels) of one block of outputs, whose weights begin at `from`; `outputs` of the block's are there. */
  void (*transform_weights)(const Filters&, const Value* from, int64_t first, int64_t channels, int64_t outputs, const float* scales,
                            int64_t scales_plane, Factor* u, int64_t u_plane);
  /** m = or += v * u over `channels` channels of `tiles` tiles. */
  void (*multiply)(const Factor* v, int64_t v_plane, int64_t v_group, const Factor* u, int64_t u_plane, const float* scales, int64_t scales_plane,
                   int64_t channels, int64_t tiles, int64_t outputs, float* m, int64_t m_plane, bool add);
  /** Transforms products back, applies bias (of whole blocks) and posts, and writes outputs [first_output, first_output + block). */
  void (*transform_output)(const Problem&, const float* m, int64_t m_plane, int64_t first, int64_t tiles, int64_t first_output, const float* bias,
                           const Post* posts, int64_t post_count, Value* y);
  void (*transform_output_to_float)(const Problem&, const float* m, int64_t m_plane, int64_t first, int64_t tiles, int64_t first_output,
                                    const float* bias, const Post* posts, int64_t post_count, float* y);
};

using Kernels = KernelsOf<float>;

/** For what the library is compiled for: AVX2 on x86-64. */
extern const Kernels kBaseline;
#if defined(__x86_64__)
extern const Kernels kAvx512;
/** For AVX512_BF16 with VNNI. */
extern const KernelsOf<Bf16> kAvx512Bf16;
#endif

}  // namespace caffe4j::winograd
