// Pooling over row-major values, written as Caffe defines it. A GPU runs the functors of kernels/pooling.h; on the CPU loops over planes are
// faster, for the backward of MAX by far.
#include <algorithm>
#include <cfloat>
#include <cstring>
#include <type_traits>
#include <vector>

#include "error.h"
#include "kernels/random.h"
#include "pooling.h"

namespace caffe4j {

namespace {

void clear(const Context& context, const PoolingShape& s, float* dx) {
  parallel_for(context, s.inputs(), [=](int64_t i) { dx[i] = 0; });
}

/** Calls f(std::integral_constant<int64_t, stride>), 0 for a stride that is no constant: strided loads become SIMD for constants only. */
template <class F>
void with_stride(int64_t stride, const F& f) {
  switch (stride) {
    case 1: return f(std::integral_constant<int64_t, 1>{});
    case 2: return f(std::integral_constant<int64_t, 2>{});
    case 3: return f(std::integral_constant<int64_t, 3>{});
    default: return f(std::integral_constant<int64_t, 0>{});
  }
}

/** The points of all windows of a row at one place of the window: the outputs [first, end) have it in the input, `shift` after o * stride. */
struct Column {
  int64_t shift, first, end;
};

std::vector<Column> columns(const PoolingAxis& a, int64_t size, int64_t outputs) {
  std::vector<Column> all;
  for (int64_t k = 0; k < a.kernel; ++k) {
    const int64_t shift = k - a.pad;
    const Column c{shift, shift >= 0 ? 0 : (-shift + a.stride - 1) / a.stride,
                   std::min(outputs, size <= shift ? 0 : (size - shift + a.stride - 1) / a.stride)};
    if (c.first < c.end) all.push_back(c);
  }
  return all;
}

/**
 * Calls f(place, first, end) for every point of the windows of output row `oh`, in row-major order of the points: output `o` of [first, end)
 * meets it in the input's plane at place + o * stride.
 */
template <class F>
void for_row(const PoolingWindow& window, const PoolingShape& s, const std::vector<Column>& row, int64_t oh, const F& f) {
  const int64_t top = window.h.start(oh);
  for (int64_t h = std::max<int64_t>(top, 0); h < std::min(top + window.h.kernel, s.height); ++h) {
    for (const Column& c : row) f(h * s.width + c.shift, c.first, c.end);
  }
}

/** Calls f(plane) for every plane, spread over the threads. */
template <class F>
void for_planes(const Context& context, const PoolingShape& s, const F& f) {
  context.enter();
#pragma omp parallel for schedule(static) if (s.inputs() + s.outputs() >= kSerialBelow)
  for (int64_t p = 0; p < s.planes(); ++p) f(p);
}

/** Calls f(piece, first input, first output) for pieces of the planes that Divisor divides. Throws SHAPE for windows beyond 32 bits. */
template <class F>
void for_pieces(const PoolingWindow& window, const PoolingShape& s, const F& f) {
  for (const PoolingAxis& a : {window.h, window.w}) {
    require(std::max({a.kernel, a.stride, a.pad}) < Divisor::kMost / 2, ErrorKind::SHAPE, "a pooling window of ", a.kernel, " with stride ", a.stride,
            " and pad ", a.pad, " is more than a GPU is used for");
  }
  const int64_t most = std::max<int64_t>(1, (Divisor::kMost - 1) / std::max(s.height * s.width, s.out_h * s.out_w));
  for (int64_t p = 0; p < s.planes(); p += most) {
    f({1, std::min(most, s.planes() - p), s.height, s.width, s.out_h, s.out_w}, p * s.height * s.width, p * s.out_h * s.out_w);
  }
}

/** What each output of a row is divided by. */
void divisors(const PoolingWindow& window, const PoolingShape& s, int64_t oh, float* to) {
  for (int64_t ow = 0; ow < s.out_w; ++ow) to[ow] = PoolingPatch(window, s, oh, ow).divisor;
}

template <int kLanes>
struct Vectors;
template <>
struct Vectors<4> {
  typedef float Values __attribute__((vector_size(16)));
  typedef int32_t Places __attribute__((vector_size(16)));
};
template <>
struct Vectors<8> {
  typedef float Values __attribute__((vector_size(32)));
  typedef int32_t Places __attribute__((vector_size(32)));
};

/** Neighbouring outputs of a row that are worked on together. */
template <int kLanes>
struct Chunk {
  using Values = typename Vectors<kLanes>::Values;
  using Places = typename Vectors<kLanes>::Places;

  /** from[0], from[stride], ...; kStride is the stride or 0 for any. Reads nothing behind the last. */
  template <int64_t kStride>
  static Values load(const float* from, int64_t stride) {
    Values v;
    if constexpr (kStride == 1) {
      std::memcpy(&v, from, sizeof v);
    } else if constexpr (kStride == 2) {
      Values low, high;
      std::memcpy(&low, from, sizeof low);
      std::memcpy(&high, from + kLanes - 1, sizeof high);
      Places order;
      for (int i = 0; i < kLanes; ++i) order[i] = i < kLanes / 2 ? 2 * i : 2 * i + 1;  // behind `low` the numbering goes on in `high`
      v = __builtin_shuffle(low, high, order);
    } else {
      for (int i = 0; i < kLanes; ++i) v[i] = from[i * stride];
    }
    return v;
  }

  /**
   * The gradients of windows of 2 x 2 side by side: writes kLanes of them from `first` on, in two rows of the plane, each of `dy` where `places`
   * says and zeros else.
   */
  static void spread(const float* dy, const int32_t* places, int64_t first, int64_t width, float* plane) {
    Values d;
    Places at, low, high;
    std::memcpy(&d, dy, sizeof d);
    std::memcpy(&at, places, sizeof at);
    for (int i = 0; i < kLanes; ++i) {
      at[i] -= int32_t(first + 2 * i);
      low[i] = i / 2 + i % 2 * kLanes;  // left and right ones in turn
      high[i] = low[i] + kLanes / 2;
    }
    for (int row = 0; row < 2; ++row) {
      const int32_t left_place = int32_t(row * width);
      const Values left = at == left_place ? d : Values{}, right = at == left_place + 1 ? d : Values{};
      const Values from = __builtin_shuffle(left, right, low), to = __builtin_shuffle(left, right, high);
      std::memcpy(plane + first + row * width, &from, sizeof from);
      std::memcpy(plane + first + row * width + kLanes, &to, sizeof to);
    }
  }

  /** Largest values and their places for the outputs of a row whose windows' first points are `first` + i * stride in the plane. */
  template <int64_t kStride>
  static void largest(const float* plane, int64_t first, int64_t stride, int64_t rows, int64_t width, int64_t columns, float* values,
                      int32_t* places) {
    Values best = Values{} - FLT_MAX;
    Places where = Places{} - 1, at;
    for (int i = 0; i < kLanes; ++i) at[i] = int32_t(first + i * stride);
    const auto scan = [&](auto window_rows, auto window_columns) {
      for (int64_t h = 0; h < window_rows; ++h) {
        for (int64_t w = 0; w < window_columns; ++w) {
          const int64_t shift = h * width + w;
          const Values v = load<kStride>(plane + first + shift, stride);
          const Places larger = v > best;
          best = larger ? v : best;
          where = larger ? at + int32_t(shift) : where;
        }
      }
    };
    if (rows == 2 && columns == 2) {
      scan(std::integral_constant<int64_t, 2>{}, std::integral_constant<int64_t, 2>{});
    } else if (rows == 3 && columns == 3) {
      scan(std::integral_constant<int64_t, 3>{}, std::integral_constant<int64_t, 3>{});
    } else {
      scan(rows, columns);
    }
    std::memcpy(values, &best, sizeof best);
    std::memcpy(places, &where, sizeof where);
  }
};

/** One output row of one plane. Outputs [inside, end) have whole windows; chunks may overlap, as they give the same twice. */
template <int64_t kStride>
void largest_of_row(const PoolingWindow& window, const PoolingShape& s, const float* plane, int64_t oh, int64_t inside, int64_t end, float* values,
                    int32_t* places) {
  const int64_t stride = kStride == 0 ? window.w.stride : kStride;
  const int64_t top = std::max<int64_t>(window.h.start(oh), 0), rows = std::min(window.h.start(oh) + window.h.kernel, s.height) - top;
  const auto chunks = [&](auto lanes) {
    constexpr int kLanes = decltype(lanes)::value;
    for (int64_t o = inside;; o = std::min(o + kLanes, end - kLanes)) {
      Chunk<kLanes>::template largest<kStride>(plane, top * s.width + window.w.start(o), stride, rows, s.width, window.w.kernel, values + o,
                                               places + o);
      if (o + kLanes == end) return;
    }
  };
  const auto one = [&](int64_t o) {
    const PoolingPatch patch(window, s, oh, o);
    float best = -FLT_MAX;
    int64_t place = -1;
    patch.for_places(s.width, [&](int64_t at) {
      if (plane[at] > best) {
        best = plane[at];
        place = at;
      }
    });
    values[o] = best;
    places[o] = int32_t(place);
  };
  const int64_t width = end - inside;
  if (width >= 8) {
    chunks(std::integral_constant<int, 8>{});
  } else if (width >= 4) {
    chunks(std::integral_constant<int, 4>{});
  }
  for (int64_t o = 0; o < (width < 4 ? s.out_w : inside); ++o) one(o);
  for (int64_t o = width < 4 ? s.out_w : end; o < s.out_w; ++o) one(o);
}

/** Whether the windows are 2 x 2 and side by side, each point of the input in one of them, and a row of them fills a chunk. */
bool are_quarters(const PoolingWindow& window, const PoolingShape& s) {
  const auto halves = [](const PoolingAxis& a, int64_t size, int64_t outputs) {
    return a.kernel == 2 && a.stride == 2 && a.pad == 0 && size == 2 * outputs;
  };
  return halves(window.h, s.height, s.out_h) && halves(window.w, s.width, s.out_w) && s.out_w >= 4;
}

/** Chunk::spread for a whole plane; chunks may overlap, as they write the same twice. */
template <int kLanes>
void spread_plane(const PoolingShape& s, const float* dy, const int32_t* places, float* plane) {
  for (int64_t oh = 0; oh < s.out_h; ++oh, dy += s.out_w, places += s.out_w) {
    for (int64_t o = 0;; o = std::min(o + kLanes, s.out_w - kLanes)) {
      Chunk<kLanes>::spread(dy + o, places + o, 2 * (oh * s.width + o), s.width, plane);
      if (o + kLanes == s.out_w) break;
    }
  }
}

}  // namespace

void max_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, float* y,
                         PoolingMask& mask) {
  int32_t* places = mask.sized(context, s.outputs());
  if (context.gpu() != nullptr) {
    return for_pieces(window, s, [&](const PoolingShape& piece, int64_t in, int64_t out) {
      launch(context, piece.outputs(), MaxPoolingForward(window, piece, x + in, y == nullptr ? nullptr : y + out, places + out));
    });
  }
  int64_t inside = 0, end = s.out_w;
  while (inside < end && window.w.start(inside) < 0) ++inside;
  while (end > inside && window.w.start(end - 1) + window.w.kernel > s.width) --end;
  with_stride(window.w.stride, [&](auto constant) {
    for_planes(context, s, [&, constant](int64_t p) {
      std::vector<float> unused(y == nullptr ? size_t(s.out_w) : 0);
      for (int64_t oh = 0; oh < s.out_h; ++oh) {
        const int64_t row = (p * s.out_h + oh) * s.out_w;
        largest_of_row<decltype(constant)::value>(window, s, x + p * s.height * s.width, oh, inside, end, y == nullptr ? unused.data() : y + row,
                                                  places + row);
      }
    });
  });
}

void max_pooling_backward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const PoolingMask& mask, const float* dy,
                          float* dx) {
  const int32_t* places = mask.data();
  if (context.gpu() != nullptr) {
    return for_pieces(window, s, [&](const PoolingShape& piece, int64_t in, int64_t out) {
      launch(context, piece.inputs(), MaxPoolingBackward(window, piece, places + out, dy + out, dx + in));
    });
  }
  const int64_t inputs = s.height * s.width, outputs = s.out_h * s.out_w;
  if (are_quarters(window, s)) {
    return for_planes(context, s, [&](int64_t p) {
      (s.out_w >= 8 ? spread_plane<8> : spread_plane<4>)(s, dy + p * outputs, places + p * outputs, dx + p * inputs);
    });
  }
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
  const std::vector<Column> points = columns(window.w, s.width, s.out_w);
  with_stride(window.w.stride, [&](auto constant) {
    for_planes(context, s, [&, constant](int64_t p) {
      const int64_t stride = constant() == 0 ? window.w.stride : constant();
      const float* plane = x + p * s.height * s.width;
      std::vector<float> counts(static_cast<size_t>(s.out_w));
      for (int64_t oh = 0; oh < s.out_h; ++oh) {
        float* sums = y + (p * s.out_h + oh) * s.out_w;
        std::fill(sums, sums + s.out_w, 0.f);
        for_row(window, s, points, oh, [=](int64_t place, int64_t first, int64_t end) {
#pragma omp simd
          for (int64_t o = first; o < end; ++o) sums[o] += plane[place + o * stride];
        });
        divisors(window, s, oh, counts.data());
        for (int64_t o = 0; o < s.out_w; ++o) sums[o] /= counts[size_t(o)];
      }
    });
  });
}

void average_pooling_backward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* dy, float* dx) {
  if (context.gpu() != nullptr) return launch(context, s.inputs(), AveragePoolingBackward{{window, s}, dy, dx});
  const std::vector<Column> points = columns(window.w, s.width, s.out_w);
  with_stride(window.w.stride, [&](auto constant) {
    for_planes(context, s, [&, constant](int64_t p) {
      const int64_t stride = constant() == 0 ? window.w.stride : constant();
      float* plane = dx + p * s.height * s.width;
      std::fill(plane, plane + s.height * s.width, 0.f);
      std::vector<float> shares(static_cast<size_t>(s.out_w));
      for (int64_t oh = 0; oh < s.out_h; ++oh) {
        const float* row = dy + (p * s.out_h + oh) * s.out_w;
        divisors(window, s, oh, shares.data());
        for (int64_t o = 0; o < s.out_w; ++o) shares[size_t(o)] = row[o] / shares[size_t(o)];
        const float* share = shares.data();
        for_row(window, s, points, oh, [=](int64_t place, int64_t first, int64_t end) {
#pragma omp simd
          for (int64_t o = first; o < end; ++o) plane[place + o * stride] += share[o];
        });
      }
    });
  });
}

void stochastic_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, uint64_t seed, const float* x,
                                float* y, PoolingMask& mask) {
  int32_t* places = mask.sized(context, s.outputs());
  launch(context, s.outputs(), StochasticPoolingForward{{window, s}, CounterRandom(seed), x, y, places});
}

void expected_pooling_forward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, float* y) {
  launch(context, s.outputs(), ExpectedPoolingForward{{window, s}, x, y});
}

void expected_pooling_backward(const Context& context, const PoolingWindow& window, const PoolingShape& s, const float* x, const float* dy,
                               float* dx) {
  if (context.gpu() != nullptr) return launch(context, s.inputs(), ExpectedPoolingBackward{{window, s}, x, dy, dx});
  clear(context, s, dx);
  for_windows(context, window, s, [=](const PoolingPatch& patch, int64_t input, int64_t output) {
    const PoolingMoments m(patch, x + input, s.width);
    if (!(m.sum > 0)) return;
    patch.for_places(s.width, [&](int64_t at) { dx[input + at] += float(dy[output] * (2 * x[input + at] - m.squares / m.sum) / m.sum); });
  });
}

}  // namespace caffe4j
