// What is known of the faults: the table as a list, and one entry in full; as text or as JSON (an
// array of objects: subject, model, cells[], mechanism, wrong, right, seen, mend, source; of a
// fault of scale also extent and from, where it begins).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verify/report/style.hpp"

namespace bptt::verify {

/// All faults, one a line, those of scale last.
[[nodiscard]] std::string list_faults(bool json);

/// The rows of fault_models that a name joins: "fault:no_carry+ignore_a0", with or without
/// "fault:". Throws UnsupportedError, with the nearest names, if there is none, and if it is of
/// scale.
[[nodiscard]] std::vector<std::size_t> fault_rows_of(std::string_view name);

/// The whole entry of each row that a name joins.
[[nodiscard]] std::string explain_text(std::string_view name, const Style& style);
[[nodiscard]] std::string explain_json(std::string_view name);

}  // namespace bptt::verify
