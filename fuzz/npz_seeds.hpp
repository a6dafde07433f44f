// What the target `npz` starts from: small files, valid and not, that each take another path, and
// names and numbers to be written.
#pragma once

#include "fuzz/target.hpp"

namespace bptt::fuzz {

/// Written byte by byte, without the code that is fuzzed and without a library of archives: the
/// same wherever they are made.
[[nodiscard]] NamedInputs npz_seeds();

}  // namespace bptt::fuzz
