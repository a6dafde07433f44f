// The built-in cells as a page of the documentation: their files, their arrays, and their lines
// reversed.
#pragma once

#include <string>

namespace bptt::cells {

/// Markdown: docs/cells.md, word for word.
[[nodiscard]] std::string page_of_built_in_cells();

}  // namespace bptt::cells
