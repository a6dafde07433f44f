// The kill matrix as Markdown for people and as JSON for programs.
//
// schema "bptt-verify/matrix": schema, version, program, seed, cases (of each property, cell and
// scalar),
//   properties[]: property (id), kills (how many faults)
//   faults[]: fault (id), model, first {judged, case, property, cell, scalar} (null if nothing
//   kills
//             it; judged: cases until then, one of each row in turn),
//             kills {property: first broken case, from 1}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verify/campaign/kill_matrix.hpp"

namespace bptt::verify {

/// How many others may kill a fault that still counts as a property's own in the tables.
inline constexpr std::size_t few_others = 2;

[[nodiscard]] std::string markdown_of(const KillMatrix& matrix);
/// One fault's line in it, with its line break.
[[nodiscard]] std::string fault_line(const FaultKills& fault);
[[nodiscard]] std::string json_of(const KillMatrix& matrix, std::string_view program);

}  // namespace bptt::verify
