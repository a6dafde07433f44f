// Why a call of the system failed, in its words.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

namespace bptt::foreign {

[[nodiscard]] inline std::string system_reason() { return std::strerror(errno); }

}  // namespace bptt::foreign
