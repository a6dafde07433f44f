// Files that are part of the program, which finds them wherever it is installed: cmake/embed.cmake.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace bptt {

struct EmbeddedFile {
  std::string_view name;  // without its suffix
  std::span<const std::byte> bytes;

  [[nodiscard]] std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

}  // namespace bptt
