// The optimised implementation as subjects, with several divisions of the sequence into blocks.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/subject.hpp"

namespace bptt {

/// "optimized" (its own choice of blocks), "optimized:blocks=1" (every step a block),
/// "optimized:blocks=3" (input blocks of 3 steps, gradient blocks of 2: most edges fall apart).
[[nodiscard]] std::vector<std::string> optimized_subject_names();

/// The subject of that name, or null if it is none of the above.
[[nodiscard]] std::unique_ptr<Subject> make_optimized_subject(std::string_view name);

}  // namespace bptt
