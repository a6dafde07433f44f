// The problems that a fuzzer starts from, and the inputs that mean them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/problem.hpp"

namespace bptt::fuzz {

class CatalogueTarget;

struct SeedProblem {
  std::string name, problem;  // as properties/problem_spec.hpp writes it
};
[[nodiscard]] const std::vector<SeedProblem>& seed_problems(Cell cell);

/// Each property once, on the first problem of the list that it is about; then each problem once,
/// under the first of the properties that is about it, with subjects and scalars in turn. Where
/// equals_reference is among the properties, the first problem for each subject and scalar besides.
[[nodiscard]] std::vector<std::pair<std::string, std::vector<std::uint8_t>>> catalogue_seeds(
    const CatalogueTarget& target, Cell cell, const std::vector<std::string>& subjects,
    const std::vector<std::string>& property_ids);

}  // namespace bptt::fuzz
