// The first wrong number of the one on trial, and a map of its arrays there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diagnosis/evidence.hpp"

namespace bptt::diagnosis {

/// The first wrong number of the smallest wrong case, in the order of computation: states forwards
/// in time, then dx backwards, then da0 and dc0, then weights and biases.
struct FirstWrongNumber {
  std::string problem;  // to_string of its case
  std::string replay;   // the command that judges the same case again; empty if there is none
  std::string array;
  Moment moment = Moment::first;
  std::vector<Index> index;
  long double got = 0, right = 0, bound = 0;
  /// One line of text for each array, or more for a matrix: X wrong, . right, ? not judged.
  std::vector<std::string> map;
};

/// Nothing if no number is wrong. subject: its name, for the replay line.
[[nodiscard]] std::optional<FirstWrongNumber> first_wrong_number(const Evidence& evidence,
                                                                 const std::string& subject);

/// "step 3, unit 2, sample 0"; "unit 4, column 7 (x)".
[[nodiscard]] std::string place_of(const FirstWrongNumber& first_wrong);

}  // namespace bptt::diagnosis
