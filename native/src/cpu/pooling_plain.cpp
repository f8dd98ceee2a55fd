// Pooling over row-major values, written as Caffe defines it. A GPU runs the functors of kernels/pooling.h; on the CPU loops over planes are
// faster, for the backward of MAX by far.
#include <algorithm>
#include <cfloat>

#include "kernels/random.h"
#include "pooling.h"

namespace caffe4j {

namespace {

void clear(const Context& context, const PoolingShape& s, float* dx) {
  parallel_for(context, s.inputs(), [=](int64_t i) { dx[i] = 0; });
}

}  // namespace

void max_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, float* y,
                         PoolingMask& mask) {
  int32_t* places = mask.sized(context, s.outputs());
  if (context.gpu() != nullptr) return launch(context, s.outputs(), MaxPoolingForward{{window, s}, x, y, places});
  for_windows(context, window, s, [=](const PoolingPatch& patch, int64_t input, int64_t output) {
    float largest = -FLT_MAX;
    int64_t place = -1;
    patch.for_places(s.width, [&](int64_t at) {
      if (x[input + at] > largest) {
        largest = x[input + at];
        place = at;
      }
    });
    if (y != nullptr) y[output] = largest;
    places[output] = int32_t(place);
  });
}

void max_pooling_backward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const PoolingMask& mask, const float* dy,
                          float* dx) {
  const int32_t* places = mask.data();
  if (context.gpu() != nullptr) return launch(context, s.inputs(), MaxPoolingBackward{{window, s}, places, dy, dx});
  const int64_t inputs = s.height * s.width, outputs = s.out_h * s.out_w;
  context.enter();
#pragma omp parallel for schedule(static) if (s.inputs() + s.outputs() >= kSerialBelow)
  for (int64_t p = 0; p < s.planes(); ++p) {
    float* plane = dx + p * inputs;
    std::fill(plane, plane + inputs, 0.0f);
    for (int64_t i = p * outputs; i < (p + 1) * outputs; ++i) {
      if (places[i] >= 0) plane[places[i]] += dy[i];
    }
  }
}

void average_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, float* y) {
  if (context.gpu() != nullptr) return launch(context, s.outputs(), AveragePoolingForward{{window, s}, x, y});
  for_windows(context, window, s, [=](const PoolingPatch& patch, int64_t input, int64_t output) {
    double sum = 0;
    patch.for_places(s.width, [&](int64_t at) { sum += x[input + at]; });
    y[output] = float(sum) / patch.divisor;
  });
}

void average_pooling_backward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* dy, float* dx) {
  if (context.gpu() != nullptr) return launch(context, s.inputs(), AveragePoolingBackward{{window, s}, dy, dx});
  clear(context, s, dx);
  for_windows(context, window, s, [=](const PoolingPatch& patch, int64_t input, int64_t output) {
    const float share = dy[output] / patch.divisor;
    patch.for_places(s.width, [&](int64_t at) { dx[input + at] += share; });
  });
}

void stochastic_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, uint64_t seed, const float* x,
                                float* y, PoolingMask& mask) {
  int32_t* places = mask.sized(context, s.outputs());
  const CounterRandom random(seed);
  if (context.gpu() != nullptr) return launch(context, s.outputs(), StochasticPoolingForward{{window, s}, random, x, y, places});
  for_windows(context, window, s, [=](const PoolingPatch& patch, int64_t input, int64_t output) {
    double sum = 0, passed = 0;
    patch.for_places(s.width, [&](int64_t at) { sum += x[input + at]; });
    const double threshold = sum * (double(random(output)) + 1) / 4294967296.0;
    int64_t place = -1;
    bool found = false;
    patch.for_places(s.width, [&](int64_t at) {
      if (found) return;
      passed += x[input + at];
      place = at;
      found = passed >= threshold;
    });
    y[output] = place < 0 ? 0 : x[input + place];
    places[output] = int32_t(place);
  });
}

void expected_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, float* y) {
  if (context.gpu() != nullptr) return launch(context, s.outputs(), ExpectedPoolingForward{{window, s}, x, y});
  for_windows(context, window, s, [=](const PoolingPatch& patch, int64_t input, int64_t output) {
    double sum = 0, squares = 0;
    patch.for_places(s.width, [&](int64_t at) {
      sum += x[input + at];
      squares += double(x[input + at]) * x[input + at];
    });
    y[output] = sum > 0 ? float(squares / sum) : 0;
  });
}

void expected_pooling_backward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, const float* dy,
                               float* dx) {
  if (context.gpu() != nullptr) return launch(context, s.inputs(), ExpectedPoolingBackward{{window, s}, x, dy, dx});
  clear(context, s, dx);
  for_windows(context, window, s, [=](const PoolingPatch& patch, int64_t input, int64_t output) {
    double sum = 0, squares = 0;
    patch.for_places(s.width, [&](int64_t at) {
      sum += x[input + at];
      squares += double(x[input + at]) * x[input + at];
    });
    if (!(sum > 0)) return;
    patch.for_places(s.width, [&](int64_t at) { dx[input + at] += float(dy[output] * (2 * x[input + at] - squares / sum) / sum); });
  });
}

}  // namespace caffe4j
