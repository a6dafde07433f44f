// Files that are written whole or not at all.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace bptt {

/// A temporary file beside `path` replaces it at the end; if anything fails, `path` is as it was
/// and the temporary file is gone. If `path` is a symbolic link, the link itself is replaced.
/// Throws Error with the system's reason.
void write_whole(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_whole(const std::filesystem::path& path, std::string_view text);

}  // namespace bptt
