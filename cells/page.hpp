// Cells as a page of documentation: their files, their arrays, and their lines reversed.
#pragma once

#include <string>
#include <string_view>

#include "cells/program.hpp"

namespace bptt::cells {

/// One cell, or a network, by its arrays and its lines with the way back. file: its text, if there
/// is one.
[[nodiscard]] std::string section_of(const Definition& cell, const Program& step,
                                     std::string_view file = {});

/// Markdown: docs/cells.md, word for word.
[[nodiscard]] std::string page_of_built_in_cells();

}  // namespace bptt::cells
