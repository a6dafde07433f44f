// How long a subject takes at the sizes of real models, known before it is asked there.
#pragma once

#include <functional>
#include <optional>

#include "core/subject.hpp"

namespace bptt::verify {

/// Seconds that the subject takes for one run at the first of the real sizes, from a smaller one;
/// nothing if it did not run there. now: seconds since some moment.
[[nodiscard]] std::optional<double> seconds_at_real_sizes(const Subject& subject, Cell cell,
                                                          Scalar scalar,
                                                          const std::function<double()>& now);

}  // namespace bptt::verify
