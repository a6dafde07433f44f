// A trace: everything that an implementation leaves behind when it is called by a script on one
// problem. The one on trial and the known faults are followed in the same way, through Subject
// alone, so that two traces can be laid side by side.
// Nothing is judged here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/subject.hpp"
#include "core/subject_failure.hpp"
#include "properties/problem_spec.hpp"

namespace bptt::diagnosis {

/// In which order a session is called, and what it is handed.
enum class Script {
  once,                // forward, backward
  twice,               // forward, backward, backward under other upstream gradients
  second_problem,      // one session: another problem of these sizes, then this one
  prefilled,           // the outputs hold numbers before the calls
  states_overwritten,  // the caller writes into the states between forward and backward
  strided              // gaps between columns and steps, x read backwards in time
};
inline constexpr int script_count = 6;
/// "a second backward", "a second problem in one session", ..: what a script tries; for `once`
/// "one call".
[[nodiscard]] std::string_view name_of(Script script);

struct TraceCase {
  properties::ProblemSpec spec;
  Scalar scalar = Scalar::f64;
  Script script = Script::once;
  int exponent = 0;  // inputs other than weights are multiplied by 2^exponent
};

/// "lstm n_x=3 .. seed=7, f64, a second backward".
[[nodiscard]] std::string to_string(const TraceCase& c);

/// Which call wrote an array.
enum class Moment {
  first,    // the first forward and backward, or the only ones
  second,   // the second backward, or the second problem
  callers,  // what the caller handed over for reading, after all calls
  outside   // elements between and around the arrays: one number, how many were written
};

struct TracedArray {
  Moment moment = Moment::first;
  std::string name;  // "dx"
  Tensor<double> values;
};

/// How a run ended before there were numbers.
struct TraceFailure {
  Cause cause = Cause::raised;
  std::string text;
};

struct Trace {
  std::vector<TracedArray> arrays;
  std::optional<TraceFailure> failure;  // then there are no arrays
};

/// What entry k of an output holds before the calls of Script::prefilled.
[[nodiscard]] constexpr double held_before(std::size_t k) {
  return static_cast<double>(k % 7 + 1) / 4;
}

/// A case with its arrays, drawn once.
class DrawnCase {
 public:
  explicit DrawnCase(const TraceCase& c);

  template <class S>
  struct Arrays {
    Problem<S> problem;
    NamedTensors<S> other_up;  // twice: of the second backward
    Problem<S> before;         // second_problem: the one that is served first
    NamedTensors<S> held;      // prefilled: states and gradients before the calls
  };

  [[nodiscard]] const TraceCase& described() const { return case_; }
  template <class S>
  [[nodiscard]] const Arrays<S>& arrays() const {
    return std::get<Arrays<S>>(arrays_);
  }

  /// Arrays that a subject with these capabilities does not give are left out. Throws nothing that
  /// the subject throws: that is a failure of the trace.
  [[nodiscard]] Trace follow(const Subject& subject, const Capabilities& claims) const;

 private:
  TraceCase case_;
  std::variant<Arrays<float>, Arrays<double>> arrays_;
};

}  // namespace bptt::diagnosis
