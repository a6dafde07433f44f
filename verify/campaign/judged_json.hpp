// A judged case as a part of an array in JSON: outcome, compared, trivial, ratio, seen_from,
// regime, and a text if there is one. Journals and the reports of parts have it.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "verify/campaign/judged.hpp"

namespace bptt::verify {

/// JSON has no infinity, which is the ratio of an error to a bound of zero.
[[nodiscard]] nlohmann::ordered_json ratio_json(const std::optional<double>& ratio);
[[nodiscard]] std::optional<double> ratio_of(const nlohmann::ordered_json& json);

void append(nlohmann::ordered_json& array, const Judged& judged);
/// Of what stands in the array from `at` on. Throws what nlohmann::json does, or Error, if it is no
/// case.
[[nodiscard]] Judged judged_of(const nlohmann::ordered_json& array, std::size_t at);

}  // namespace bptt::verify
