#include "fuzz/guidance.hpp"

#include <algorithm>
#include <cmath>

namespace bptt::fuzz {
namespace {

// https://llvm.org/docs/LibFuzzer.html: all bytes of this section count as coverage.
__attribute__((section("__libfuzzer_extra_counters")))
std::uint8_t counters[guidance_slots * guidance_levels];

bool on = true;
double worst = 0;

}  // namespace

int guidance_level(double ratio) {
  if (!(ratio > 0)) return -1;
  const double level = std::floor(2 * std::log2(ratio)) + 48;
  return static_cast<int>(std::clamp(level, 0.0, guidance_levels - 1.0));
}

void guide(std::size_t slot, double ratio) {
  worst = std::max(worst, ratio);  // a NaN leaves it
  const int level = guidance_level(ratio);
  if (!on || level < 0) return;
  counters[slot % guidance_slots * guidance_levels + static_cast<std::size_t>(level)] = 1;
}

void set_guidance(bool wanted) { on = wanted; }

double worst_ratio() { return worst; }

std::span<std::uint8_t> guidance_counters() { return counters; }

}  // namespace bptt::fuzz
