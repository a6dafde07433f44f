// Rounding-error bounds of any implementation of a recorded computation.
//
// Each operation commits an error of known size; the signed adjoint of the operation carries it to
// a result (Linnainmaa 1976). With d_k the adjoint of operation k for the result judged,
//   certain   = sum over k of |d_k| e_k          first order in u, whatever the order of the sums
//   sigma^2   = sum over k of d_k^2 s_k^2        roundings as independent (Higham & Mary 2019)
// The adjoint is formed with its sign, and only then are absolute values taken: a running bound on
// |W| would grow with every step and say nothing after twenty.
//
// What an implementation may do and still be bounded: any order of summation, fused multiply-adds
// or not, one more rounding on each term of a sum (a common factor multiplied into its terms),
// activations within their declared ULP, gradual underflow. What it may not: flush subnormals to
// zero, reassociate across an activation, skip terms. The derivation is in docs/error_bounds.md.
#pragma once

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "arithmetic/rounding.hpp"
#include "arithmetic/tape.hpp"

namespace bptt {

/// A weighted sum of recorded values: a single entry, or a random projection of an array.
using Functional = std::vector<std::pair<std::int32_t, double>>;

/// The tape condensed: each sum of products is one node with one error of its own.
class NoiseModel {
 public:
  /// outputs: nodes that will be judged (entries may be Tape::none, for constants).
  NoiseModel(const Tape<long double>& tape, const std::vector<std::int32_t>& outputs,
             const Rounding& rounding);

  /// The bounds of each functional over the outputs. Eight functionals share one sweep.
  [[nodiscard]] std::vector<NoiseBound> bounds(const std::vector<Functional>& functionals) const;

  /// A ReLU's argument lies so near its kink that rounding may choose the other side.
  [[nodiscard]] bool near_kink() const { return near_kink_; }
  /// Some intermediate result may exceed the largest finite number.
  [[nodiscard]] bool may_overflow() const { return may_overflow_; }
  /// Largest sum of magnitudes in any sum: integers up to 1/u are summed exactly in any order.
  [[nodiscard]] double largest_sum() const { return largest_sum_; }
  /// Smallest magnitude of a product, a quotient or an activation other than zero.
  [[nodiscard]] double smallest_value() const { return smallest_value_; }
  [[nodiscard]] std::size_t node_count() const { return certain_.size(); }

 private:
  class Builder;
  struct Output {
    std::int32_t node;       // on the tape
    std::int32_t condensed;  // or none
    int exponent;            // binary exponent of its value
  };
  /// Power of two for the adjoints of a functional of very small or large values, whose squared
  /// errors would otherwise leave the range of double.
  [[nodiscard]] int scale_of(const Functional& functional) const;
  /// Null for a constant or an input, which are exact. Throws std::invalid_argument for a node that
  /// is no output.
  [[nodiscard]] const Output* output(std::int32_t node) const;

  std::vector<Output> outputs_;            // in the order given
  std::vector<std::int32_t> output_of_;    // node -> its place in outputs_, or none
  std::vector<std::uint32_t> first_edge_;  // edges of condensed node k: first_edge_[k] .. [k+1]
  std::vector<std::int32_t> target_;       // operand of an edge, a condensed node before k
  std::vector<double> partial_;            // derivative along an edge
  std::vector<double> certain_;            // error bound of each condensed node alone
  std::vector<double> deviation_;          // its standard deviation
  bool near_kink_ = false, may_overflow_ = false;
  double largest_sum_ = 0, smallest_value_ = std::numeric_limits<double>::infinity();
};

}  // namespace bptt
