#include "fuzz/guidance.hpp"

#include <algorithm>
#include <cmath>

namespace bptt::fuzz {
namespace {

// https://llvm.org/docs/LibFuzzer.html: all bytes of this section count as coverage.
__attribute__((section("__libfuzzer_extra_counters")))
std::uint8_t counters[guidance_slots * guidance_levels];

bool on = true;

}  // namespace

int guidance_level(double ratio) {
  if (!(ratio > 0)) return -1;
  const double level = std::floor(2 * std::log2(ratio)) + 48;
  return static_cast<int>(std::clamp(level, 0.0, guidance_levels - 1.0));
}

void guide(std::size_t slot, double ratio) {
  const int level = guidance_level(ratio);
  if (!on || level < 0) return;
  counters[slot % guidance_slots * guidance_levels + static_cast<std::size_t>(level)] = 1;
}

void set_guidance(bool wanted) { on = wanted; }

std::span<std::uint8_t> guidance_counters() { return counters; }

}  // namespace bptt::fuzz
