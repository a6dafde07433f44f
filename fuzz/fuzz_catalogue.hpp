// What the targets fuzz_rnn and fuzz_lstm do with their bytes: silent unless a property is broken.
#pragma once

#include "fuzz/catalogue_target.hpp"

namespace bptt::fuzz {

/// Checks the case that the bytes mean. If its property is broken, says so with the command that
/// replays it, on standard error, and traps.
void fuzz_catalogue(const CatalogueTarget& target, std::span<const std::uint8_t> bytes);

}  // namespace bptt::fuzz
