// tanh, sigmoid and their slopes, with the faults of element-wise derivatives that both cells can
// have.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/scalar_functions.hpp"
#include "subjects/faults/fault_models.hpp"

namespace bptt::faults {

template <class S>
class FaultyFunctions {
 public:
  explicit FaultyFunctions(const FaultSet& set) : set_(set) {}

  [[nodiscard]] S tanh(const S& z) const {
    if (has("tanh_by_exp_cancels")) return S(1) - S(2) / (std::exp(S(2) * z) + S(1));
    if (has("tanh_by_exp_overflows")) {
      const S e = std::exp(S(2) * z);
      return (e - S(1)) / (e + S(1));
    }
    const S y = ScalarFunctions<S>::tanh(z);
    return has("tanh_not_odd") && y < S(0) ? std::nextafter(y, S(-1)) : y;
  }

  [[nodiscard]] S sigmoid(const S& z) const {
    if (has("sigmoid_by_exp_overflows")) return std::exp(z) / (S(1) + std::exp(z));
    if (has("hard_sigmoid")) return std::clamp(S(0.2) * z + S(0.5), S(0), S(1));
    return ScalarFunctions<S>::sigmoid(z);
  }

  /// The slope of tanh, from its output y: 1 - y^2.
  [[nodiscard]] S slope_of_tanh(S y) const {
    if (has("tanh_of_tanh")) y = std::tanh(y);
    y = as_kept(y);
    return S(1) - y * y;
  }

  /// The slope of sigmoid, from its output s: s (1 - s).
  [[nodiscard]] S slope_of_sigmoid(const S& s) const {
    return has("sigmoid_for_slope") ? s : s * (S(1) - s);
  }

  /// A pre-activation's gradient as it is stored.
  [[nodiscard]] S stored(const S& dz) const {
    if (has("double_through_float")) return static_cast<S>(static_cast<float>(dz));
    const bool subnormal = std::abs(dz) < std::numeric_limits<S>::min();
    return has("subnormals_flushed") && subnormal ? S(0) : dz;
  }

 private:
  [[nodiscard]] bool has(FaultId fault) const { return set_.has(fault); }

  /// An activation as backward finds it: all of its digits, or the first half.
  [[nodiscard]] S as_kept(const S& y) const {
    if (!has("slope_from_short_a") || y == S(0) || !std::isfinite(y)) return y;
    const int lowest = std::ilogb(y) + 1 - std::numeric_limits<S>::digits / 2;
    return std::ldexp(std::nearbyint(std::ldexp(y, -lowest)), lowest);
  }

  FaultSet set_;
};

}  // namespace bptt::faults
