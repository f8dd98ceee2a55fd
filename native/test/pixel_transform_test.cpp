#include "caffe4j/pixel_transform.h"

#include "test_util.h"

namespace caffe4j {
namespace {

struct Case {
  int channels, height, width;
  bool interleaved, mirror;
  std::vector<int> order;
  int mean;  // 0: none, 1: a value a channel, 2: an image
  int top, left, rows, columns;
};

int out_channels(const Case& c) { return c.order.empty() ? c.channels : int(c.order.size()); }

std::vector<float> mean_of(const Case& c) {
  const int pixels = c.mean == 0 ? 0 : c.mean == 1 ? 1 : c.height * c.width;
  return random_values(out_channels(c) * pixels, 5, 90, 130);
}

constexpr float kScale = 0.017f;

/** The formula, value by value. */
template <class Pixel>
std::vector<float> reference(const Case& c, const std::vector<Pixel>& pixels) {
  const std::vector<float> mean = mean_of(c);
  std::vector<float> out;
  for (int o = 0; o < out_channels(c); ++o) {
    const int channel = c.order.empty() ? o : c.order[size_t(o)];
    for (int y = c.top; y < c.top + c.rows; ++y) {
      for (int i = 0; i < c.columns; ++i) {
        const int x = c.left + (c.mirror ? c.columns - 1 - i : i), at = y * c.width + x;
        const Pixel pixel = pixels[size_t(c.interleaved ? at * c.channels + channel : channel * c.height * c.width + at)];
        const float m = c.mean == 0 ? 0 : mean[size_t(c.mean == 1 ? o : o * c.height * c.width + at)];
        out.push_back((float(pixel) - m) * kScale);
      }
    }
  }
  return out;
}

/** Runs the case with a guard on each side of the output. */
template <class Pixel>
std::vector<float> run(const Case& c, const uint8_t* bytes, const float* floats, const std::vector<Pixel>& pixels) {
  const std::vector<float> mean = mean_of(c);
  const size_t count = size_t(out_channels(c)) * size_t(c.rows) * size_t(c.columns);
  std::vector<float> out(count + 2, 7);
  pixel_transform(bytes, floats, int64_t(pixels.size()), c.channels, c.height, c.width, c.interleaved,
                  c.order.empty() ? nullptr : c.order.data(), out_channels(c), mean.empty() ? nullptr : mean.data(),
                  int64_t(mean.size()), kScale, c.top, c.left, c.rows, c.columns, c.mirror, out.data() + 1, int64_t(count));
  EXPECT_EQ(out.front(), 7);
  EXPECT_EQ(out.back(), 7);
  return {out.begin() + 1, out.end() - 1};
}

TEST(PixelTransform, EqualsTheFormulaExactly) {
  const Case cases[] = {
      {3, 9, 37, false, false, {}, 2, 2, 1, 5, 33},
      {3, 9, 37, false, true, {}, 2, 2, 1, 5, 33},
      {3, 9, 37, true, true, {}, 2, 0, 0, 9, 37},
      {3, 9, 37, true, false, {2, 1, 0}, 1, 4, 36, 5, 1},
      {4, 6, 20, true, true, {2, 1, 0}, 2, 1, 3, 5, 17},
      {1, 6, 20, true, false, {0, 0, 0}, 1, 0, 0, 6, 20},
      {2, 5, 19, true, false, {}, 0, 0, 1, 5, 18},
      {6, 5, 19, false, true, {5, 0}, 1, 0, 1, 5, 18},
      {1, 1, 1, false, true, {}, 2, 0, 0, 1, 1},
  };
  for (const Case& c : cases) {
    std::vector<uint8_t> bytes;
    std::vector<float> floats = random_values(c.channels * c.height * c.width, 3, -300, 300);
    for (float f : floats) bytes.push_back(uint8_t(int(f) & 255));
    EXPECT_EQ(run(c, bytes.data(), nullptr, bytes), reference(c, bytes)) << c.channels << " channels, mean " << c.mean;
    EXPECT_EQ(run(c, nullptr, floats.data(), floats), reference(c, floats)) << c.channels << " channels, mean " << c.mean;
  }
}

TEST(PixelTransform, RefusesWhatDoesNotFit) {
  const std::vector<uint8_t> bytes(12);
  const float mean[12] = {}, floats[12] = {};
  float out[12];
  const int order[] = {0, 3};
  const auto call = [&](const uint8_t* b, const float* f, int64_t count, int channels, const int* o, int outs, const float* m,
                        int64_t means, int top, int rows, int columns, float* to, int64_t to_count) {
    pixel_transform(b, f, count, channels, 2, 2, false, o, outs, m, means, 1, top, 0, rows, columns, false, to, to_count);
  };
  const uint8_t* b = bytes.data();
  EXPECT_NO_THROW(call(b, nullptr, 12, 3, nullptr, 3, mean, 12, 0, 2, 2, out, 12));
  EXPECT_THROW(call(b, floats, 12, 3, nullptr, 3, mean, 12, 0, 2, 2, out, 12), std::exception);
  EXPECT_THROW(call(nullptr, nullptr, 12, 3, nullptr, 3, mean, 12, 0, 2, 2, out, 12), std::exception);
  EXPECT_THROW(call(b, nullptr, 11, 3, nullptr, 3, mean, 12, 0, 2, 2, out, 12), std::exception);
  EXPECT_THROW(call(b, nullptr, 12, 0, nullptr, 0, mean, 12, 0, 2, 2, out, 12), std::exception);
  EXPECT_THROW(call(b, nullptr, 12, 3, order, 2, mean, 2, 0, 2, 2, out, 8), std::exception);
  EXPECT_THROW(call(b, nullptr, 12, 3, nullptr, 2, mean, 2, 0, 2, 2, out, 8), std::exception);
  EXPECT_THROW(call(b, nullptr, 12, 3, nullptr, 3, mean, 4, 0, 2, 2, out, 12), std::exception);
  EXPECT_THROW(call(b, nullptr, 12, 3, nullptr, 3, nullptr, 3, 0, 2, 2, out, 12), std::exception);
  EXPECT_THROW(call(b, nullptr, 12, 3, nullptr, 3, mean, 12, 1, 2, 2, out, 12), std::exception);
  EXPECT_THROW(call(b, nullptr, 12, 3, nullptr, 3, mean, 12, -1, 2, 2, out, 12), std::exception);
  EXPECT_THROW(call(b, nullptr, 12, 3, nullptr, 3, mean, 12, 0, 2, 3, out, 18), std::exception);
  EXPECT_THROW(call(b, nullptr, 12, 3, nullptr, 3, mean, 12, 0, 2, 2, out, 11), std::exception);
  EXPECT_THROW(call(b, nullptr, 12, 3, nullptr, 3, mean, 12, 0, 2, 2, nullptr, 12), std::exception);
}

}  // namespace
}  // namespace caffe4j
