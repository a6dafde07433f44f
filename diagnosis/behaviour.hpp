// What an implementation does that no number of one call shows: bits that differ from call to
// call or with an address, elements written beside an array, a wrong shape that is taken. Those are
// properties of the catalogue; here each is asked on a few problems that are always the same.
#pragma once

#include <string>
#include <vector>

#include "core/subject.hpp"
#include "properties/property.hpp"

namespace bptt::diagnosis {

/// The properties that are asked, in the order of the catalogue.
[[nodiscard]] const std::vector<const properties::Property*>& behaviours();

struct Behaved {
  /// Broken if one of the problems breaks it, held if one holds it, else inconclusive.
  properties::Outcome outcome = properties::Outcome::inconclusive;
  Scalar scalar = Scalar::f64;   // of the problem that breaks it
  properties::ProblemSpec spec;  // that problem
  Cause cause = Cause::none;     // of its verdict
  std::string text;
};

/// How the subject behaves under these claims, which decide what is asked and how strictly.
[[nodiscard]] Behaved behaviour(const properties::Property& property, const Subject& subject,
                                const Capabilities& claims, Cell cell);

}  // namespace bptt::diagnosis
