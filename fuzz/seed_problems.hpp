// The problems that a fuzzer starts from, and the inputs that mean them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/problem.hpp"
#include "core/subject.hpp"
#include "fuzz/target.hpp"

namespace bptt::fuzz {

class CatalogueTarget;

struct SeedProblem {
  std::string name, problem;  // as properties/problem_spec.hpp writes it
};
[[nodiscard]] std::vector<SeedProblem> seed_problems(Cell cell);

/// Each property once, on the first problem of the list that it is about; then each problem once,
/// under the first of the properties that is about it, with subjects and scalars in turn. Where
/// equals_reference is among the properties, the first problem for each subject and scalar besides.
[[nodiscard]] NamedInputs catalogue_seeds(const CatalogueTarget& target, Cell cell,
                                          const std::vector<std::string>& subjects,
                                          const std::vector<std::string>& property_ids);

/// The property on the first of a few problems of at most two of everything that it is about.
/// Throws UnsupportedError if it is about none of them.
[[nodiscard]] std::vector<std::uint8_t> small_input(const CatalogueTarget& target, Cell cell,
                                                    const std::string& subject,
                                                    const std::string& property, Scalar scalar);

}  // namespace bptt::fuzz
