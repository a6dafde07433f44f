// Named arrays as .npz archives: zip files whose entries are .npy files, as of numpy.savez.
// Reads stored and deflated entries; refuses encrypted ones, two of one name, entries that are not
// arrays, and archives that would unpack to more than 100 times their size plus 16 MiB. Every
// checksum is verified. Deliberately without writing compressed, appending, and reading in parts.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "core/npy.hpp"

namespace bptt {

/// The most that the entries of an archive may unpack to: ratio * its size + allowance. Deflate
/// reaches a ratio of 1032 on zeros, hence the allowance; weights and gradients stay below 2.
inline constexpr std::size_t npz_ratio = 100;
inline constexpr std::size_t npz_allowance = std::size_t{16} << 20;

/// The arrays of an archive, in its order, under the names of its entries without ".npy".
/// Names are printable ASCII. Memory: a small multiple of the file plus what it unpacks to, which
/// grows with the bytes actually decompressed and never past the limit above.
/// Throws FormatError with the entry's name: "in.x.npy: dtype '<i8' is not supported (f32 and f64
/// are)"; read from a path, with the path before it. Throws Error if the file cannot be read.
[[nodiscard]] Named<NpyArray> read_npz(std::span<const std::byte> file);
[[nodiscard]] Named<NpyArray> read_npz(const std::filesystem::path& path);

/// The bytes of an archive of the arrays, stored uncompressed and dated 1980-01-01, so that equal
/// arrays give equal bytes. Throws Error for a name that is empty, not printable ASCII or
/// longer than 65531 characters, and whatever write_npy throws.
[[nodiscard]] std::vector<std::byte> write_npz(const Named<NpyArray>& arrays);

/// Writes the archive whole or not at all: a temporary file beside `path` replaces it at the end.
/// Throws Error if that fails; `path` is then as it was and the temporary file is gone.
/// If `path` is a symbolic link, the link itself is replaced.
void write_npz(const std::filesystem::path& path, const Named<NpyArray>& arrays);

}  // namespace bptt
