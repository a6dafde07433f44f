// The table of faults: bugs that real code for backpropagation through time has had, by name. The
// rows stand in rows_*.hpp, one file for each theme; here they become one table.
// To add one: one row there, and one `faults.has("its_id")` in the faulty code. An id that the
// table does not have does not compile; a row that changes nothing fails faults_test.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "core/network.hpp"
#include "subjects/faults/rows_bits.hpp"
#include "subjects/faults/rows_calls.hpp"
#include "subjects/faults/rows_gates.hpp"
#include "subjects/faults/rows_sizes.hpp"
#include "subjects/faults/rows_slopes.hpp"
#include "subjects/faults/rows_states.hpp"
#include "subjects/faults/rows_sums.hpp"
#include "subjects/faults/rows_time.hpp"

namespace bptt {

template <std::size_t... N>
[[nodiscard]] consteval auto joined(const FaultModel (&... rows)[N]) {
  std::array<FaultModel, (N + ...)> table;
  auto* end = table.begin();
  ((end = std::copy(std::begin(rows), std::end(rows), end)), ...);
  return table;
}

inline constexpr auto fault_models = joined(time_faults, state_faults, call_faults, slope_faults,
                                            sum_faults, gate_faults, size_faults, bit_faults);
inline constexpr std::size_t fault_count = fault_models.size();

/// A row of the table by its id, looked up by the compiler.
struct FaultId {
  std::size_t row = 0;
  // NOLINTNEXTLINE(google-explicit-constructor): has("no_carry") reads like the table
  consteval FaultId(const char* id) {
    while (fault_models[row].id != id) ++row;  // past the end: not a constant, does not compile
  }
};

/// The faults that are switched on.
class FaultSet {
 public:
  [[nodiscard]] bool has(FaultId fault) const { return rows_[fault.row]; }
  [[nodiscard]] bool has_row(std::size_t row) const { return rows_[row]; }
  /// Whether all of them apply to the cell.
  [[nodiscard]] bool apply_to(Cell cell) const;
  /// Ids joined by "+", in the order of the table; "none" if there are none.
  [[nodiscard]] std::string str() const;

  /// The set named by ids joined by "+", or by "none"; nothing if an id is unknown.
  [[nodiscard]] static std::optional<FaultSet> parse(std::string_view ids);

 private:
  std::bitset<fault_count> rows_;
};

}  // namespace bptt
