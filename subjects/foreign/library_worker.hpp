// The worker that runs a shared library: the program re-executed with a command of its own. What
// goes wrong in the library ends this process and nothing else.
#pragma once

#include <optional>

namespace bptt::foreign {

/// The first argument of a program that is to be a worker; the second is the library's path.
inline constexpr const char* library_worker_command = "__library-worker";

/// Serves until the program that started it has gone, if the arguments ask for a worker. To be
/// called first in main: `if (const auto status = worker_main(argc, argv)) return *status;`
[[nodiscard]] std::optional<int> worker_main(int argc, char** argv) noexcept;

}  // namespace bptt::foreign
