#pragma once
#include "kernels/vector_math.h"

namespace caffe4j {

/** The powers that need no pow, each a loop of its own. */
enum class PowerKind { LINEAR, SQUARE, ROOT, GENERAL };

inline PowerKind power_kind(float power) {
  return power == 1 ? PowerKind::LINEAR : power == 2 ? PowerKind::SQUARE : power == 0.5f ? PowerKind::ROOT : PowerKind::GENERAL;
}

template <PowerKind kind>
struct PowerForward {
  float power;
  float scale;
  float shift;
  C4J_KERNEL float operator()(float x) const {
    const float v = shift + scale * x;
    if constexpr (kind == PowerKind::LINEAR) return v;
    if constexpr (kind == PowerKind::SQUARE) return v * v;
    if constexpr (kind == PowerKind::ROOT) return sqrtf(v);
    return vector_pow(v, power);
  }
};

/** Calls f with the loop for (shift + scale * x) to the power. */
template <class F>
void with_power(float power, float scale, float shift, const F& f) {
  switch (power_kind(power)) {
    case PowerKind::LINEAR: return f(PowerForward<PowerKind::LINEAR>{power, scale, shift});
    case PowerKind::SQUARE: return f(PowerForward<PowerKind::SQUARE>{power, scale, shift});
    case PowerKind::ROOT: return f(PowerForward<PowerKind::ROOT>{power, scale, shift});
    case PowerKind::GENERAL: return f(PowerForward<PowerKind::GENERAL>{power, scale, shift});
  }
}

template <PowerKind kind>
struct PowerBackward {
  static constexpr bool kReadsX = kind != PowerKind::LINEAR, kReadsY = false;
  float power;
  float scale;
  float shift;
  C4J_KERNEL float operator()(float x, float, float dy) const {
    const float v = shift + scale * x;
    if constexpr (kind == PowerKind::LINEAR) return dy * scale;
    if constexpr (kind == PowerKind::SQUARE) return dy * 2 * scale * v;
    if constexpr (kind == PowerKind::ROOT) return dy * 0.5f * scale / sqrtf(v);
    return dy * power * scale * vector_pow(v, power - 1);
  }
};

C4J_INSTANCES(MapForward<PowerForward<PowerKind::LINEAR>>, MapForward<PowerForward<PowerKind::SQUARE>>)
C4J_INSTANCES(MapForward<PowerForward<PowerKind::ROOT>>, MapForward<PowerForward<PowerKind::GENERAL>>)
C4J_INSTANCES(MapBackward<PowerBackward<PowerKind::LINEAR>>, MapBackward<PowerBackward<PowerKind::SQUARE>>)
C4J_INSTANCES(MapBackward<PowerBackward<PowerKind::ROOT>>, MapBackward<PowerBackward<PowerKind::GENERAL>>)

}  // namespace caffe4j
