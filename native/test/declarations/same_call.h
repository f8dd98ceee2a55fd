#pragma once
// Compares functions that are declared by hand with those of a library's headers.
#include <type_traits>

namespace caffe4j {

/** True where a caller that knows `Ours` calls a function of type `Real` rightly: enums may be ints there, and values untyped. */
template <class Ours, class Real>
constexpr bool same_value() {
  if constexpr (std::is_pointer_v<Ours> && std::is_pointer_v<Real>) {
    using A = std::remove_pointer_t<Ours>;
    using B = std::remove_pointer_t<Real>;
    return std::is_const_v<A> == std::is_const_v<B> && same_value<std::remove_cv_t<A>, std::remove_cv_t<B>>();
  } else if constexpr (std::is_enum_v<Real>) {
    return sizeof(Real) == sizeof(int) && std::is_same_v<Ours, int>;
  } else {
    return std::is_same_v<Ours, Real>;
  }
}

template <class Ours, class Real>
struct SameCall : std::false_type {};
template <class Ours, class... OurArguments, class Real, class... RealArguments>
struct SameCall<Ours(OurArguments...), Real(RealArguments...)> {
  static constexpr bool values() {
    if constexpr (sizeof...(OurArguments) == sizeof...(RealArguments)) {
      return same_value<Ours, Real>() && (same_value<OurArguments, RealArguments>() && ...);
    } else {
      return false;
    }
  }
  static constexpr bool value = values();
};

static_assert(SameCall<int(const float*, int), int(const float*, int)>::value);
static_assert(!SameCall<int(const float*, int), int(float*, int)>::value);
static_assert(!SameCall<int(int, int), int(int)>::value);
static_assert(!SameCall<int(int), int(float)>::value);

}  // namespace caffe4j

#define C4J_CHECK_CALL(result, name, parameters) \
  static_assert(caffe4j::SameCall<result parameters, decltype(::name)>::value, #name " is declared otherwise");
