// Measured on an H200 with cuDNN 9.19, over the convolutions of VGG-16, ResNet-50, GoogLeNet, CaffeNet, SqueezeNet and MobileNet v2 at batch 1,
// 32 and 64: docs/performance.md.
#include "cuda/cudnn_algorithms.h"

#include <algorithm>

namespace caffe4j {

namespace {

// The names that cuDNN has for its algorithms, which are numbered anew for each direction.
constexpr int kForwardImplicitGemm = 0, kForwardPrecomputedGemm = 1, kForwardFftTiles = 5, kForwardWinograd = 7;
constexpr int kDataFft = 2, kDataFftTiles = 3, kDataWinograd = 5;
constexpr int kWeightFft = 2, kWeightWinograd = 5;

/** What the rules look at. */
struct Features {
  int64_t images;
  int64_t side;      // of square kernels, else 0
  int64_t channels;  // of a group, the fewer of inputs and outputs
  int64_t depth;     // products that a result sums up
  double work;       // multiply-adds
  bool dense;        // stride 1

  Features(const ConvolutionGeometry& g, const ConvolutionShape& s)
      : images(s.batch),
        side(g.window.kernel[0] == g.window.kernel[1] ? g.window.kernel[0] : 0),
        channels(std::min(g.channels, g.num_output) / g.group),
        depth(g.channels / g.group * count_of(g.window.kernel)),
        work(double(s.batch) * double(count_of(s.output)) * double(g.num_output) * double(depth)),
        dense(g.window.stride == Dims{1, 1}) {}
};

constexpr double kMillion = 1e6, kLittleBackward = 200 * kMillion;
/** Images from which Winograd's forward pays: for one it takes as long as for eight or more. */
constexpr int64_t kWinogradImages = 8;

std::vector<int> preferred_forward(const Features& f) {
  // Small ones: starting the others takes the host three times as long as this one needs in all.
  if (f.work < 150 * kMillion && f.depth <= 1300) return {kForwardImplicitGemm};
  if (!f.dense) return {};
  if (f.side == 5 && f.channels < 48) return f.work < 500 * kMillion ? std::vector<int>{kForwardImplicitGemm} : std::vector<int>{kForwardFftTiles};
  if ((f.side == 3 || f.side == 5) && f.channels >= 32 && f.images >= kWinogradImages && f.work >= 1000 * kMillion) {
    return {kForwardWinograd, kForwardFftTiles};
  }
  return {};
}

std::vector<int> preferred_backward(const Features& f, int winograd, std::initializer_list<int> fft) {
  if (!f.dense || f.work < kLittleBackward) return {};
  std::vector<int> algorithms(fft);
  if (f.side == 5 && f.channels < 48) return algorithms;
  if (f.side != 3 && f.side != 5) return {};
  if (f.channels >= 16) algorithms.insert(algorithms.begin(), winograd);
  return algorithms;
}

}  // namespace

std::vector<int> preferred_algorithms(ConvolutionDirection direction, const ConvolutionGeometry& geometry, const ConvolutionShape& shape) {
  const Features f(geometry, shape);
  switch (direction) {
    case ConvolutionDirection::FORWARD: return preferred_forward(f);
    case ConvolutionDirection::DATA: return preferred_backward(f, kDataWinograd, {kDataFft, kDataFftTiles});
    case ConvolutionDirection::WEIGHT: return preferred_backward(f, kWeightWinograd, {kWeightFft});
  }
  return {};
}

bool products_are_quicker(ConvolutionDirection direction, bool fused, const ConvolutionGeometry& geometry, const ConvolutionShape& shape) {
  const Window& w = geometry.window;
  if (geometry.group > 1) return false;
  const double work = Features(geometry, shape).work;
  if (count_of(w.kernel) == 1 && w.pad == Dims{0, 0}) return !fused || work < 1000 * kMillion;
  if (direction == ConvolutionDirection::WEIGHT && geometry.channels <= 4) return true;  // the layers over images
  return direction != ConvolutionDirection::FORWARD && work < kLittleBackward;           // starting an algorithm takes longer
}

bool fuses_well(int algorithm, const ConvolutionGeometry& geometry) {
  return algorithm == kForwardWinograd || (geometry.group == 1 && (algorithm == kForwardPrecomputedGemm || algorithm == kForwardFftTiles));
}

}  // namespace caffe4j
