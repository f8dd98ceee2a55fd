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
  float a, b;           // RELU: the slope below 0; CLIP: the bounds; SUM: the factor
  const float* values;  // PRELU: a slope for each output, up to a whole block; SUM: the summand, laid out as the result
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

/**
 * Arrays between the steps, with planes for each of the 36 products; planes are padded so that they do not meet in a cache's sets.
 *   v: inputs, transformed:  [groups of `lanes` channels][36][tiles][lanes]
 *   u: weights, transformed: [36][channels][block]
 *   m: products:             [36][tiles][block]
 */
struct Kernels {
  int lanes;  // channels that are worked on together
  int block;  // outputs that are worked on together
  int rows;   // tiles that are multiplied together

  /** Transforms the channels of groups [first_group, end_group) of tiles [first, first + tiles) of x to v. */
  void (*transform_input)(const Problem&, const float* x, int64_t first, int64_t tiles, int64_t first_group, int64_t end_group, float* v,
                          int64_t v_plane, int64_t v_group);
  /** Transforms channels [first, first + channels) of one block of outputs, whose weights begin at `from`; `outputs` of the block's are there. */
  void (*transform_weights)(const Filters&, const float* from, int64_t first, int64_t channels, int64_t outputs, float* u, int64_t u_plane);
  /** m = or += v * u over `channels` channels of `tiles` tiles. */
  void (*multiply)(const float* v, int64_t v_plane, int64_t v_group, const float* u, int64_t u_plane, int64_t channels, int64_t tiles,
                   int64_t outputs, float* m, int64_t m_plane, bool add);
  /** Transforms products back, applies bias (of whole blocks) and posts, and writes outputs [first_output, first_output + block). */
  void (*transform_output)(const Problem&, const float* m, int64_t m_plane, int64_t first, int64_t tiles, int64_t first_output, const float* bias,
                           const Post* posts, int64_t post_count, float* y);
};

/** For what the library is compiled for: AVX2 on x86-64. */
extern const Kernels kBaseline;
#if defined(__x86_64__)
extern const Kernels kAvx512;
#endif

}  // namespace caffe4j::winograd
