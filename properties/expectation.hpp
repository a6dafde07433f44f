// What a problem's states and gradients are, and how far any correct implementation may be from
// them: the reference run over Recorded numbers, and the bounds read from its tape.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arithmetic/noise_model.hpp"
#include "core/problem.hpp"
#include "core/subject.hpp"
#include "properties/problem_spec.hpp"

namespace bptt::properties {

/// A number read from an array: one entry, or a random projection <w, array> with w = +-1.
struct Probe {
  std::string array;
  Index entry = 0;               // column-major position; -1 for a projection
  std::uint64_t projection = 0;  // seed of w
};

/// The value of a probe of the tensor. Exact up to the rounding of long double.
[[nodiscard]] long double read(const Probe& probe, const Tensor<long double>& tensor);
/// The weights of a projection: +1 or -1 for each entry.
[[nodiscard]] double projection_weight(std::uint64_t seed, Index entry);

/// Which numbers of states and gradients are judged: every entry of a small problem; for a large
/// one, sixteen sampled entries and eight projections of each array, so that the sweeps over the
/// tape stay within a fixed amount of work, of which `effort` is a multiple. Depends on the
/// arguments alone.
[[nodiscard]] std::vector<Probe> choose_probes(Cell cell, const Sizes& sizes, std::uint64_t seed,
                                               double effort = 1);
/// True if choose_probes gives every entry.
[[nodiscard]] bool judged_entry_by_entry(Cell cell, const Sizes& sizes, double effort = 1);
/// About how many operands the operations on the tape of such a problem have.
[[nodiscard]] double tape_edges(Cell cell, const Sizes& sizes);

class Expectation {
 public:
  /// Runs the reference on the problem's exact values. `rounding` and `derivation`: of the
  /// implementation judged.
  template <class S>
  Expectation(const Problem<S>& problem, const Rounding& rounding,
              Derivation derivation = Derivation::one_pass);

  /// States and gradients, in 64-bit mantissas.
  [[nodiscard]] const NamedTensors<long double>& values() const { return values_; }
  [[nodiscard]] std::vector<NoiseBound> bounds(const std::vector<Probe>& probes) const;
  /// The bound of <weights, arrays>: weights has some of the arrays of values().
  [[nodiscard]] NoiseBound bound_of(const NamedTensors<long double>& weights) const;
  /// Smallest magnitude of a value other than zero that the computation forms.
  [[nodiscard]] double smallest_value() const { return noise_->smallest_value(); }
  /// Why the bounds may not apply: near a kink of ReLU, or near overflow. Empty if they do.
  [[nodiscard]] std::string doubt() const;
  /// Every value is a whole number and every sum is exact in the scalar judged, in any order.
  [[nodiscard]] bool exact() const { return exact_; }

 private:
  void record(const Problem<long double>& problem, const Rounding& rounding, Derivation derivation);
  NamedTensors<long double> values_;
  Named<std::vector<std::int32_t>> nodes_;
  std::unique_ptr<NoiseModel> noise_;
  bool exact_ = false;
};

/// The bound of `old` + G for an entry G of a weight gradient that has the bound `of_gradient`, in
/// any implementation that adds its terms to what was there: each addition may round that part
/// too. u: unit roundoff; 0 if everything is exact.
[[nodiscard]] NoiseBound accumulated(const NoiseBound& of_gradient, long double old, double u,
                                     Derivation derivation, const Sizes& sizes);

}  // namespace bptt::properties
