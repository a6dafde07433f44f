// What tests of several folders share. Not installed, not part of the library.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace bptt::test {

/// The root of the source tree, without a slash at its end. Defined in the build folder, so that no
/// other file depends on where the tree lies.
[[nodiscard]] std::string source_folder();

/// What a ShapeError thrown by `action` says.
std::string error_of(const auto& action) {
  try {
    action();
  } catch (const ShapeError& error) {
    return error.what();
  }
  return "no error";
}

inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

}  // namespace bptt::test
