// What there is: properties, subjects, published cases; as text or as JSON (an array of objects
// whose keys are the columns' names).
#pragma once

#include <string>

namespace bptt::verify {

[[nodiscard]] std::string list_properties(bool json);
[[nodiscard]] std::string list_subjects(bool json);
[[nodiscard]] std::string list_cases(bool json);

}  // namespace bptt::verify
