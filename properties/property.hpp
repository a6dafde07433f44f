// A property: a sentence that must be true of every correct implementation, and its check.
#pragma once

#include <string_view>
#include <vector>

#include "core/subject.hpp"
#include "properties/codec.hpp"
#include "properties/problem_spec.hpp"
#include "properties/verdict.hpp"

namespace bptt::properties {

enum class Exactness { bitwise, exact, bounded };
[[nodiscard]] std::string_view name_of(Exactness exactness);

/// Whose property it is: of a subject, or of the specification itself (the reference over an
/// arithmetic of its own, whatever subject is on trial).
enum class About { subject, specification };

struct Property {
  std::string_view id;           // snake_case, as on the command line
  std::string_view sentence;     // what must hold
  std::string_view mathematics;  // the same in one line of mathematics
  Exactness exactness;
  Verdict (*check_f32)(const Subject&, const ProblemSpec&);
  Verdict (*check_f64)(const Subject&, const ProblemSpec&);
  About about = About::subject;
  Regimes regimes = finite_regimes;
  bool (*of)(Cell) = nullptr;  // the cells that it speaks of; null: all
  bool tanh_only = false;      // of the activations of a cell that leaves one open
  bool linear_only = false;    // identity and ReLU
  bool identity_only = false;
  bool both_scalars = false;  // of a subject that runs in f32 and in f64
  bool of_states = false;     // says something of a forward pass alone
  /// Whether it says anything of such a subject at all; null: of every one.
  bool (*needs)(const Capabilities&, Cell) = nullptr;
  Index max_size = 10;
  Index min_m = 1, min_T = 1;  // what it takes for the property to say anything
  /// Its check takes a few runs of the subject and what equals_reference takes, so that it is asked
  /// at the sizes of real models too.
  bool at_any_size = false;
  int cost = 1;  // about how many times a plain comparison with the reference it takes
  /// The file of properties/ that it stands in; set as the catalogue is joined.
  std::string_view family = {};
};

// What properties that are known of some cells alone speak of.
[[nodiscard]] bool is_rnn(Cell cell);
[[nodiscard]] bool is_lstm(Cell cell);
[[nodiscard]] bool is_rnn_or_lstm(Cell cell);
/// Its steps may be cut in parts that begin where the last one ended: it goes over time once,
/// forwards, and no sample ends before the others.
[[nodiscard]] bool goes_on_from_any_step(Cell cell);

/// The whole catalogue, what tells most first: shapes and comparisons with an expected result
/// before what compares a subject with itself. In this order it is listed, judged and reported.
[[nodiscard]] const std::vector<Property>& catalogue();
/// Of a subject, and of RNN or LSTM among others: what the faults with names can break.
[[nodiscard]] bool is_of_faults(const Property& property);
/// Throws UnsupportedError with the nearest ids if there is no such property.
[[nodiscard]] const Property& find_property(std::string_view id);

/// Whether a property says anything of such a problem on such a subject.
[[nodiscard]] bool applies(const Property& property, const Capabilities& capabilities, Cell cell,
                           Scalar scalar);
[[nodiscard]] bool applies(const Property& property, const Capabilities& capabilities,
                           Scalar scalar, const ProblemSpec& spec);
/// The arrays that the subject does not take, as in ProblemSpec::zero_arrays.
[[nodiscard]] ArraySet always_zero(const Capabilities& capabilities, Cell cell);
/// Whether the subject takes a problem of these steps and with these arrays zero.
[[nodiscard]] bool takes(const Capabilities& capabilities, const ProblemSpec& spec);
/// The nearest problem that the subject takes: fewer steps, samples and losses, zeros for what it
/// is not given, another function where the cell leaves one open.
[[nodiscard]] ProblemSpec as_it_takes(const Capabilities& capabilities, ProblemSpec spec);
/// What the codec may draw for it.
[[nodiscard]] SpecLimits limits_for(const Property& property, const Capabilities& capabilities,
                                    Cell cell);

/// Checks. An exception of the subject's own calls is a broken verdict; any other, and a problem
/// that takes more memory than allowed (oracle_memory.hpp), is not judged.
[[nodiscard]] Verdict check(const Property& property, const Subject& subject, Scalar scalar,
                            const ProblemSpec& spec);

}  // namespace bptt::properties
