// The files of properties/cases.
#pragma once

#include "core/embedded_file.hpp"

namespace bptt::properties {

[[nodiscard]] std::vector<EmbeddedFile> embedded_files();

}  // namespace bptt::properties
