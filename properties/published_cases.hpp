// Published cases: problems with full correct outputs, known to others than this project. The files
// are part of the library (properties/cases, embedded when it is built).
// In f64 only: the inputs are f64 numbers. Rounded to f32 they are another problem, whose results
// nobody published; there equals_reference judges.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/npz.hpp"
#include "core/problem.hpp"
#include "core/subject.hpp"
#include "properties/verdict.hpp"

namespace bptt::properties {

/// Numbers as copies of the notebook print them, indices from 0. An index for every axis: one
/// number; fewer: all numbers along the last axis.
struct Printed {
  std::string_view array;  // "dx", "y": named as for a sequence
  std::vector<Index> index;
  std::vector<std::string_view> digits;
};

struct PublishedCase {
  std::string_view name, description;
  Cell cell = Cell::rnn;
  Sizes sizes;
  bool backward = true;     // else its states only are published
  Problem<double> problem;  // what is not in the file (c0, dc_T, all of `up`) is zeros
  /// The published states and gradients, and ft it cct ot y where there are any; one step of a cell
  /// is a sequence with T_x = 1.
  NamedTensors<double> expected;
  NamedTensors<double> head;  // Wya, by
  std::vector<Printed> printed;
};

/// All of them. Throws FormatError if the embedded files are damaged.
[[nodiscard]] const std::vector<PublishedCase>& published_cases();
/// Throws UnsupportedError with the known names if there is none of that name.
[[nodiscard]] const PublishedCase& find_published_case(std::string_view name);

/// Whether the subject can run it.
[[nodiscard]] bool applies(const PublishedCase& published, const Capabilities& capabilities);

/// The subject's states and gradients against the published ones, entry by entry, and against the
/// printed digits. An exception of the subject is a broken verdict.
/// A published number p is a computation in 64-bit mantissas, rounded to f64: it may be off by
/// u |p| (u = 2^-53) beside the 2^-11 of the bound that every expected number is granted. So
///   |got - p| <= certain bound + u |p|,
/// and in quadrature, the rounding of p uniform in +-u |p|:  sigma^2 + (u p)^2 / 3.
/// A printed number must be what some value within the bound of `got` is printed as.
[[nodiscard]] Verdict check_published_case(const Subject& subject, const PublishedCase& published);

/// The reference in f64 against the published gates (ft it cct ot) and predictions (y), which
/// subjects do not give. The same rule.
[[nodiscard]] Verdict check_published_specification(const PublishedCase& published);

}  // namespace bptt::properties
