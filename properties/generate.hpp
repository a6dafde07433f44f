// From a ProblemSpec to its arrays.
#pragma once

#include "core/problem.hpp"
#include "properties/problem_spec.hpp"

namespace bptt::properties {

/// The problem that a spec stands for. A value depends on the seed, the array's name and the
/// entry's indices alone. Float problems hold the double problem's values rounded to float, but
/// for regime subnormal, which each scalar draws at the lower end of its own range.
template <class S>
[[nodiscard]] Problem<S> generate(const ProblemSpec& spec);

/// Another draw of the upstream gradients of the same problem, from the stream `purpose`.
template <class S>
[[nodiscard]] NamedTensors<S> generate_upstream(const ProblemSpec& spec, std::string_view purpose);

}  // namespace bptt::properties
