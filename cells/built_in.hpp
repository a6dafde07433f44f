// The cells that come with the project: the files of cells/built_in.
#pragma once

#include <string_view>
#include <vector>

#include "cells/program.hpp"
#include "core/embedded_file.hpp"

namespace bptt::cells {

[[nodiscard]] std::vector<EmbeddedFile> built_in_files();

[[nodiscard]] const std::vector<Definition>& built_in();
/// Throws UnsupportedError with the names that are there.
[[nodiscard]] const Definition& built_in(std::string_view name);

}  // namespace bptt::cells
