// What rounding means for the implementation that is judged, and what a bound on its errors says.
#pragma once

namespace bptt {

/// What rounding means for the implementation that is judged.
struct Rounding {
  double u = 0;                   // unit roundoff; 0 if everything is exact (small integers)
  double smallest_subnormal = 0;  // absolute error of a result that underflows
  double smallest_normal = 0;
  double largest = 0;                        // largest finite number
  double tanh_ulp = 2.0, sigmoid_ulp = 3.0;  // declared by the implementation
  double absolute_error = 0;                 // of the two beside, however small the result is
  double exp_ulp = 1.0, log_ulp = 1.0;       // of the loss head

  /// Throws nothing; S is float or double.
  template <class S>
  [[nodiscard]] static Rounding of();
  [[nodiscard]] Rounding exact() const {
    Rounding r = *this;
    r.u = 0;
    r.smallest_subnormal = 0;
    r.tanh_ulp = r.sigmoid_ulp = r.exp_ulp = r.log_ulp = r.absolute_error = 0;
    return r;
  }
  friend bool operator==(const Rounding&, const Rounding&) = default;
};

/// A ReLU's argument is near its kink if it is smaller than this many times the error bound of the
/// sum that formed it: room for the errors that earlier steps hand down.
inline constexpr double kink_margin = 32;

/// A value this many times smaller than the largest finite number is near overflow: room for other
/// orders of summation, and for gradients of which this one is a part.
inline constexpr double overflow_margin = 16;

/// In long double, since the error of a small combination of doubles may be below the smallest.
struct NoiseBound {
  long double certain = 0;  // |error| <= certain, to first order in u
  long double sigma = 0;    // one standard deviation of the probable error
};

}  // namespace bptt
