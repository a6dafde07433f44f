// What is known of the faults: the table as a list, and one entry in full; as text or as JSON (an
// array of objects: subject, model, cells[], mechanism, wrong, right, seen, mend, source).
#pragma once

#include <string>
#include <string_view>

#include "verify/style.hpp"

namespace bptt::verify {

/// All faults, one a line.
[[nodiscard]] std::string list_faults(bool json);

/// The whole entry of a fault, or of each that a combination joins: "fault:no_carry+ignore_a0",
/// with or without "fault:". Throws UnsupportedError, with the nearest names, if there is none.
[[nodiscard]] std::string explain_text(std::string_view name, const Style& style);
[[nodiscard]] std::string explain_json(std::string_view name);

}  // namespace bptt::verify
