// What is known of one fault: a bug that real code for backpropagation through time has had.
#pragma once

#include <string_view>

namespace bptt {

/// Of the subject that has a fault, before its id.
inline constexpr std::string_view fault_prefix = "fault:";

enum class Cells { rnn, lstm, both };

/// The lines `wrong` and `right` are in the field's words, as one would write them with NumPy.
struct FaultModel {
  std::string_view id;     // after fault_prefix
  std::string_view model;  // its kind: A time and states, B calls and memory, C slopes, D sums and
                           // slices, E gates and the forward pass, F sizes, G scale
  Cells cells{};           // to which it applies
  std::string_view mechanism;  // what the code does
  std::string_view wrong;      // the line as it stands
  std::string_view right;      // the line as it must be
  std::string_view seen;       // what makes it visible, or hides it
  std::string_view mend;       // what to do about it
  std::string_view source;     // where it was first reported, or what it is a variant of
};

/// "rnn", "lstm" or "rnn lstm".
[[nodiscard]] constexpr std::string_view name_of(Cells cells) {
  return cells == Cells::rnn ? "rnn" : cells == Cells::lstm ? "lstm" : "rnn lstm";
}

}  // namespace bptt
