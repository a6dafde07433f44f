// Style, scripts and the library that draws, which every page carries: the files of assets/ and
// vendor/.
#pragma once

#include <vector>

#include "core/embedded_file.hpp"

namespace bptt::verify::html {

[[nodiscard]] std::vector<EmbeddedFile> assets();

}  // namespace bptt::verify::html
