// What a problem's states and gradients are, and how far any correct implementation may be from
// them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arithmetic/rounding.hpp"
#include "core/problem.hpp"
#include "core/subject.hpp"
#include "properties/bounded_run.hpp"
#include "properties/probes.hpp"
#include "properties/problem_spec.hpp"

namespace bptt::properties {

/// Derived when it is first asked for something, and kept for a while: several properties of one
/// problem share one run of the reference, whichever threads check them. An object is for one
/// thread.
class Expectation {
 public:
  /// `rounding` and `derivation`: of the implementation judged. `passes`: forward alone gives
  /// bounds of states and no values, at less cost.
  template <class S>
  Expectation(const Problem<S>& problem, const Rounding& rounding,
              Derivation derivation = Derivation::one_pass, Passes passes = Passes::both)
      : problem_(std::make_shared<const Problem<long double>>(Problem<long double>{
            problem.cell, problem.activation, problem.sizes, converted<long double>(problem.in),
            passes == Passes::both ? converted<long double>(problem.up)
                                   : NamedTensors<long double>()})),
        rounding_(rounding),
        derivation_(derivation),
        passes_(passes) {}

  /// States and gradients, in 64-bit mantissas.
  [[nodiscard]] const NamedTensors<long double>& values() const { return run().values(); }
  /// Gradients by the reference in plain loops, by that way back.
  [[nodiscard]] NamedTensors<long double> reference_gradients(Derivation way) const;
  [[nodiscard]] std::vector<NoiseBound> bounds(const std::vector<Probe>& probes) const {
    return run().bounds(probes);
  }
  /// The bound of <weights, arrays>: weights has some of the arrays of values().
  [[nodiscard]] NoiseBound bound_of(const NamedTensors<long double>& weights) const {
    return bounds_of({weights}).front();
  }
  /// Of several at once, which takes less time.
  [[nodiscard]] std::vector<NoiseBound> bounds_of(
      const std::vector<NamedTensors<long double>>& weights) const {
    return run().bounds_of(weights);
  }
  /// How the states move along directions in the inputs: forward mode, line by line.
  [[nodiscard]] std::vector<NamedTensors<long double>> tangents(
      const std::vector<NamedTensors<long double>>& directions) const {
    return run().noise().tangents(directions);
  }
  /// How large the neglected terms of second order are, of a typical entry of the array.
  [[nodiscard]] double second_order(std::string_view array) const {
    return run().noise().second_order(array);
  }
  /// Smallest magnitude of a value other than zero that the computation forms.
  [[nodiscard]] double smallest_value() const { return run().noise().smallest_value(); }
  /// Why the bounds may not apply: near a kink of ReLU, or near overflow. Empty if they do.
  [[nodiscard]] std::string doubt() const;
  /// Every value is a whole number and every sum is exact in the scalar judged, in any order.
  [[nodiscard]] bool exact() const { return run().exact(); }

 private:
  BoundedRun& run() const;

  std::shared_ptr<const Problem<long double>> problem_;
  Rounding rounding_;
  Derivation derivation_;
  Passes passes_;
  mutable std::shared_ptr<BoundedRun> run_;
};

/// The bound of (old + G) - old - G', for a weight gradient G that is added term by term to what
/// was there and the same gradient G' that was computed alone, both with the bound `of_gradient`.
/// `size`: |old| + |G|, summed over the entries of a projection. Each addition may round old and
/// what of G is added already; that adds one rounding of the terms of G to those of G alone. u:
/// unit roundoff; 0 if everything is exact.
[[nodiscard]] NoiseBound accumulated(const NoiseBound& of_gradient, long double size, double u,
                                     Derivation derivation, const Sizes& sizes);

}  // namespace bptt::properties
