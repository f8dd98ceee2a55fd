#include "plan/quantized_weight.h"

#include <algorithm>
#include <cmath>

#include "error.h"

namespace caffe4j {

using Desc = dnnl::memory::desc;

namespace {

/** The place of an element in a layout with blocks is a sum over its axes: this is the summand of each index of one axis. */
std::vector<int64_t> places_along(const Desc& layout, int axis) {
  const Dims blocks = layout.get_inner_blks(), axes = layout.get_inner_idxs();
  std::vector<int64_t> places(size_t(layout.get_dims()[size_t(axis)]));
  for (size_t i = 0; i < places.size(); ++i) {
    int64_t rest = int64_t(i), place = 0, stride = 1;
    for (size_t k = blocks.size(); k-- > 0; stride *= blocks[k]) {
      if (axes[k] != axis) continue;
      place += rest % blocks[k] * stride;
      rest /= blocks[k];
    }
    places[i] = place + rest * layout.get_strides()[size_t(axis)];
  }
  return places;
}

/** The places of the elements that axes from `first` to before `last` count, in row-major order. */
std::vector<int64_t> places_of(const Desc& layout, int first, int last) {
  std::vector<int64_t> places{0};
  for (int axis = first; axis < last; ++axis) {
    const std::vector<int64_t> along = places_along(layout, axis);
    std::vector<int64_t> next;
    next.reserve(places.size() * along.size());
    for (int64_t base : places) {
      for (int64_t place : along) next.push_back(base + place);
    }
    places.swap(next);
  }
  return places;
}

}  // namespace

void quantize_weight(Context& context, const float* weights, const Desc& layout, int leading, int8_t* values, float* scales) {
  const std::vector<int64_t> channels = places_of(layout, 0, leading), inner = places_of(layout, leading, layout.get_ndims());
  const int64_t count = int64_t(channels.size()), length = int64_t(inner.size());
  context.enter();
#pragma omp parallel for schedule(static)
  for (int64_t c = 0; c < count; ++c) {
    const float* from = weights + layout.get_submemory_offset() + channels[size_t(c)];
    float largest = 0;
    for (int64_t i = 0; i < length; ++i) largest = std::max(largest, std::fabs(from[inner[size_t(i)]]));
    const float scale = largest > 0 ? largest / 127 : 1;
    scales[c] = scale;
    for (int64_t i = 0; i < length; ++i) {
      const float q = std::nearbyint(from[inner[size_t(i)]] / scale);
      values[c * length + i] = int8_t(std::clamp(q, -127.f, 127.f));
    }
  }
}

void unpack_weight(Context& context, const int8_t* packed, const Desc& layout, int8_t* values) {
  const std::vector<int64_t> channels = places_of(layout, 0, 1), inner = places_of(layout, 1, layout.get_ndims());
  const int64_t count = int64_t(channels.size()), length = int64_t(inner.size());
  context.enter();
#pragma omp parallel for schedule(static)
  for (int64_t c = 0; c < count; ++c) {
    for (int64_t i = 0; i < length; ++i) values[c * length + i] = packed[channels[size_t(c)] + inner[size_t(i)]];
  }
}

void dequantize_weight(Context& context, const int8_t* values, int64_t count, const float* scales, int64_t channels, float* weights) {
  const int64_t length = count / channels;
  context.enter();
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < count; ++i) weights[i] = scales[i / length] * float(values[i]);
}

}  // namespace caffe4j
