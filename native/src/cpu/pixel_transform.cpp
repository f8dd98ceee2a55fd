#include "caffe4j/pixel_transform.h"

#include <algorithm>
#include <vector>

#include "error.h"

namespace caffe4j {

namespace {
/** One row of the output: (pixels - mean) * scale; where `mirror`, through `line`, whose loop stays SIMD as a backward one would not. */
template <class Pixel, class Mean>
void write_row(const Pixel* pixels, Mean mean, float scale, int columns, bool mirror, float* line, float* out) {
  float* to = mirror ? line : out;
#pragma omp simd
  for (int x = 0; x < columns; ++x) to[x] = (float(pixels[x]) - mean(x)) * scale;
  if (mirror) std::reverse_copy(line, line + columns, out);
}

/** Every `step`-th pixel; the usual steps are constants, so that the loop becomes shuffles. */
template <class Pixel>
void gather(const Pixel* pixels, int step, int columns, Pixel* row) {
  if (step == 3) {
    for (int x = 0; x < columns; ++x) row[x] = pixels[3 * x];
  } else if (step == 4) {
    for (int x = 0; x < columns; ++x) row[x] = pixels[4 * x];
  } else {
    for (int x = 0; x < columns; ++x) row[x] = pixels[int64_t(step) * x];
  }
}

struct Geometry {
  int channels, height, width;
  bool interleaved;
  const int* order;
  int out_channels;
  const float* mean;
  bool mean_image;
  float scale;
  int top, left, rows, columns;
  bool mirror;

  int source_channel(int c) const { return order == nullptr ? c : order[c]; }
};

template <class Pixel>
void transform(const Pixel* pixels, const Geometry& g, float* out) {
  const int step = g.interleaved ? g.channels : 1;
  const int64_t plane = int64_t(g.height) * g.width, out_plane = int64_t(g.rows) * g.columns;
  std::vector<Pixel> gathered(step == 1 ? 0 : size_t(g.columns));
  std::vector<float> line(g.mirror ? size_t(g.columns) : 0);
  for (int y = 0; y < g.rows; ++y) {
    for (int c = 0; c < g.out_channels; ++c) {
      const int64_t at = int64_t(g.top + y) * g.width + g.left;
      const Pixel* row;
      if (step == 1) {
        row = pixels + g.source_channel(c) * plane + at;
      } else {
        gather(pixels + at * step + g.source_channel(c), step, g.columns, gathered.data());
        row = gathered.data();
      }
      float* to = out + c * out_plane + int64_t(y) * g.columns;
      if (g.mean_image) {
        const float* mean = g.mean + c * plane + at;
        write_row(row, [mean](int x) { return mean[x]; }, g.scale, g.columns, g.mirror, line.data(), to);
      } else {
        const float mean = g.mean == nullptr ? 0 : g.mean[c];
        write_row(row, [mean](int) { return mean; }, g.scale, g.columns, g.mirror, line.data(), to);
      }
    }
  }
}
}  // namespace

void pixel_transform(const uint8_t* bytes, const float* floats, int64_t count, int channels, int height, int width, bool interleaved,
                     const int* order, int out_channels, const float* mean, int64_t mean_count, float scale, int top, int left, int rows,
                     int columns, bool mirror, float* out, int64_t out_count) {
  require((bytes == nullptr) != (floats == nullptr), ErrorKind::INVALID, "pixels are either bytes or floats");
  require(out != nullptr, ErrorKind::INVALID, "the output of a pixel transform is null");
  require(channels > 0 && height > 0 && width > 0 && int64_t(height) * width <= count / channels &&
              int64_t(height) * width * channels == count,
          ErrorKind::SHAPE, "an item of ", channels, " channels, height ", height, ", width ", width, " has not ", count, " pixels");
  require(out_channels > 0 && (order != nullptr || out_channels == channels), ErrorKind::SHAPE, "an item of ", channels,
          " channels does not give ", out_channels);
  for (int c = 0; order != nullptr && c < out_channels; ++c) {
    require(order[c] >= 0 && order[c] < channels, ErrorKind::SHAPE, "channel ", order[c], " is none of an item of ", channels);
  }
  require(top >= 0 && left >= 0 && rows > 0 && columns > 0 && rows <= height - top && columns <= width - left, ErrorKind::SHAPE,
          "a window of height ", rows, ", width ", columns, " at row ", top, ", column ", left, " reaches outside an item of height ",
          height, ", width ", width);
  const bool mean_image = mean_count == int64_t(out_channels) * height * width && (height > 1 || width > 1);
  require(mean == nullptr ? mean_count == 0 : mean_image || mean_count == out_channels, ErrorKind::SHAPE, "a mean of ", mean_count,
          " values does not fit ", out_channels, " channels of height ", height, ", width ", width);
  require(out_count == int64_t(out_channels) * rows * columns, ErrorKind::SHAPE, "the output has ", out_count, " values, not ",
          int64_t(out_channels) * rows * columns);
  const Geometry geometry{channels, height, width, interleaved, order, out_channels, mean, mean_image,
                          scale,    top,    left,  rows,        columns, mirror};
  if (bytes != nullptr) {
    transform(bytes, geometry, out);
  } else {
    transform(floats, geometry, out);
  }
}

}  // namespace caffe4j
