// The first wrong number of the one on trial, and maps of its arrays.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diagnosis/evidence.hpp"

namespace bptt::diagnosis {

/// An array's entries by their places, as a picture or a text shows them. Of an array with time a
/// place stands for all samples.
struct ArrayMap {
  std::string array;
  std::string down, across;  // "unit" or "feature"; "step", "sample", "column", or empty: a vector
  long long wrong = 0, places = 0;
  /// For each place downwards a line: X wrong, . right, ? not judged. None if there are too many.
  std::vector<std::string> marks;
};

/// The arrays of one case.
struct CaseMaps {
  std::string problem;  // to_string of the case
  std::vector<ArrayMap> arrays;
};

/// The first wrong number of the smallest wrong case, in the order of computation: states forwards
/// in time, then dx backwards, then da0 and dc0, then weights and biases.
struct FirstWrongNumber {
  std::string problem;  // to_string of its case
  std::string replay;   // the command that judges the same case again; empty if there is none
  std::string array;
  Moment moment = Moment::first;
  std::vector<Index> index;
  long double got = 0, right = 0, bound = 0;
  std::vector<ArrayMap> maps;  // of the arrays of that moment
};

/// Nothing if no number is wrong. subject: its name, for the replay line.
[[nodiscard]] std::optional<FirstWrongNumber> first_wrong_number(const Evidence& evidence,
                                                                 const std::string& subject);

/// Of the wrong case that shows most: one call if one is wrong, many steps and many units. Nothing
/// if no number is wrong.
[[nodiscard]] std::optional<CaseMaps> widest_maps(const Evidence& evidence);

/// The maps as text: one line for each array, or more for a matrix.
[[nodiscard]] std::vector<std::string> map_text(const FirstWrongNumber& first_wrong);

/// "step 3, unit 2, sample 0"; "unit 4, column 7 (x)".
[[nodiscard]] std::string place_of(const FirstWrongNumber& first_wrong);

}  // namespace bptt::diagnosis
