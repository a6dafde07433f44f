// The reference as subjects: its one backward pass, and the four other ways to the same gradients.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/subject.hpp"

namespace bptt {

/// "reference" (one pass, the forward's lines reversed), "reference:closed_form" (LSTM only),
/// "reference:walks", "reference:split", "reference:truncated" (at a lag of all T_da steps).
[[nodiscard]] std::vector<std::string> reference_subject_names();

/// The subject of that name, or null if it is none of the above.
[[nodiscard]] std::unique_ptr<Subject> make_reference_subject(std::string_view name);

}  // namespace bptt
