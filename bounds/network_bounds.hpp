// What a network computes, and how far any correct implementation may be from it: the bounds of
// docs/error_bounds.md, array by array.
//
// What an implementation may do and still be bounded: any order of summation, fused multiply-adds
// or not, one more rounding on each term of a sum (a common factor multiplied into its terms),
// activations within their declared ULP, gradual underflow. What it may not: flush subnormals to
// zero, reassociate across an activation, skip terms.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "arithmetic/rounding.hpp"
#include "bounds/functional.hpp"
#include "bounds/plan.hpp"
#include "core/tensor.hpp"

namespace bptt::bounds {

class NetworkBounds {
 public:
  /// in, up: x (.., m, T_x), da (.., m, T_da) and so on, as cells::Walk has them; they are read as
  /// long as it is asked. rounding: of the implementation judged. both: the way back too.
  NetworkBounds(std::shared_ptr<const Plan> plan, const NamedTensors<long double>& in,
                const NamedTensors<long double>& up, const Rounding& rounding, bool both);
  ~NetworkBounds();
  NetworkBounds(const NetworkBounds&) = delete;
  NetworkBounds& operator=(const NetworkBounds&) = delete;

  /// About what one takes at its largest, known before it is taken.
  [[nodiscard]] static double bytes(const Plan& plan, const Rounding& rounding, bool both);

  /// With `both` states and gradients, in 64-bit mantissas; without, none: there are bounds alone.
  [[nodiscard]] const NamedTensors<long double>& values() const;
  [[nodiscard]] std::vector<NoiseBound> bounds(const std::vector<Functional>& functionals) const;

  /// How the states move along each direction: forward mode. directions: named as `in`; what is not
  /// among them stays.
  [[nodiscard]] std::vector<NamedTensors<long double>> tangents(
      const std::vector<NamedTensors<long double>>& directions) const;

  /// How large the terms of second order are that bounds() neglects, of a typical entry of each
  /// array: the root of the mean square of (y(e) + y(-e)) / 2 - y over its entries, where each line
  /// commits an error e of random sign and of the size of its standard deviation. Computed when it
  /// is first asked for, in the time of two evaluations or a few more.
  [[nodiscard]] double second_order(std::string_view array) const;

  /// A ReLU's argument lies so near its kink, or two numbers of which the larger one is taken so
  /// near each other, that rounding may choose the other side.
  [[nodiscard]] bool near_kink() const;
  /// Some intermediate result may exceed the largest finite number.
  [[nodiscard]] bool may_overflow() const;
  /// Largest sum of magnitudes in any sum: integers up to 1/u are summed exactly in any order.
  [[nodiscard]] double largest_sum() const;
  /// No product, quotient or value of a function other than zero is smaller.
  [[nodiscard]] double smallest_value() const;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace bptt::bounds
