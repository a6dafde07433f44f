// The files of properties/cases as bytes of the program; embed_files.cmake writes them.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace bptt::properties {

struct EmbeddedFile {
  std::string_view name;  // without its suffix
  std::span<const std::byte> bytes;
};

[[nodiscard]] std::vector<EmbeddedFile> embedded_files();

}  // namespace bptt::properties
