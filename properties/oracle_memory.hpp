// How much memory it takes to know what a problem's numbers must be, known before it is taken. A
// problem that needs more than is allowed is not judged; nobody is accused for it.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/problem.hpp"

namespace bptt::properties {

/// Bytes that judging one problem may take, in this process. At first default_oracle_memory().
[[nodiscard]] std::uint64_t oracle_memory();
/// For every judgement from now on. A program that judges on several threads gives each its part.
void set_oracle_memory(std::uint64_t bytes);
/// Half of what this process may have: the machine's memory, or the limit on its address space
/// (RLIMIT_AS) or of its control group, whichever is least.
[[nodiscard]] std::uint64_t default_oracle_memory();

/// About the bytes of a problem's arrays, of those that a subject gives, and of both in 64 bits.
[[nodiscard]] double bytes_of_arrays(Cell cell, const Sizes& sizes);
/// Throws CheckerError, "8.2 GB for the bounds, 4.0 GB allowed (--oracle-memory)", if there is
/// less.
void require_oracle_memory(double bytes, std::string_view what);

}  // namespace bptt::properties
