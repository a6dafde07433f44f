#include "fuzz/fuzz_catalogue.hpp"

#include <iostream>

namespace bptt::fuzz {

void fuzz_catalogue(const CatalogueTarget& target, std::span<const std::uint8_t> bytes) {
  const auto decoded = target.decode(bytes);
  const auto verdict = target.check(decoded);
  if (verdict.outcome != properties::Outcome::broken) return;
  std::cerr << properties::find_property(decoded.property).sentence << "\n"
            << properties::describe(verdict) << "\n"
            << properties::replay_command(decoded) << std::endl;
  __builtin_trap();
}

}  // namespace bptt::fuzz
