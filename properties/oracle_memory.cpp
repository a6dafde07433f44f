#include "properties/oracle_memory.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>

#include "core/error.hpp"
#include "properties/probes.hpp"

namespace bptt::properties {
namespace {

/// Of an entry: the problem and the subject's result in its scalar, each of them in 64-bit
/// mantissas (16 bytes), the expectation's own, and a Recorded number (32).
constexpr double bytes_of_an_entry = 128;

/// Each product of a weight is two operations, and two edges of the bounds: 36 bytes for each of
/// the former, 28 for each of the latter; and room for vectors that grow, and for what the closed
/// form and the split one do beside the products. A test compares it with what is taken.
constexpr double bytes_of_a_product = 224;

std::atomic<std::uint64_t>& allowed() {
  static std::atomic<std::uint64_t> bytes = default_oracle_memory();
  return bytes;
}

/// "8.2 GB", as --oracle-memory 8GB is read.
std::string in_words(double bytes) {
  constexpr std::array units{"MB", "GB", "TB", "PB"};
  std::size_t k = 0;
  double size = bytes / 0x1p20;
  for (; size >= 1024 && k + 1 < units.size(); ++k) size /= 1024;
  return fmt::format("{:.3g} {}", size, units[k]);
}

}  // namespace

std::uint64_t default_oracle_memory() {
  auto most = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
              static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    most = std::min<std::uint64_t>(most, limit.rlim_cur);
  // "max" is no number, and then no limit.
  if (std::uint64_t group = 0; std::ifstream("/sys/fs/cgroup/memory.max") >> group)
    most = std::min(most, group);
  return most / 2;
}

std::uint64_t oracle_memory() { return allowed(); }
void set_oracle_memory(std::uint64_t bytes) { allowed() = bytes; }

double bytes_of_arrays(Cell cell, const Sizes& sizes) {
  double entries = 0;
  for (const auto* names :
       {&input_names(cell), &cache_names(cell), &upstream_names(cell), &gradient_names(cell)})
    for (const auto& name : *names)
      entries += static_cast<double>(shape_of(cell, name, sizes).size());
  return bytes_of_an_entry * entries;
}

double bytes_of_tape(Cell cell, const Sizes& sizes, Derivation derivation, Passes passes) {
  const double third = bytes_of_a_product * tape_edges(cell, sizes) / 3;  // the forward pass
  if (passes == Passes::forward) return third;
  const bool walks =
      derivation == Derivation::one_walk_per_loss || derivation == Derivation::by_lag;
  const double ways_back = derivation == Derivation::split ? 2
                           : walks                         ? static_cast<double>(sizes.T_da + 1) / 2
                                                           : 1;
  return third * (1 + 2 * ways_back);
}

void require_oracle_memory(double bytes, std::string_view what) {
  const auto most = static_cast<double>(oracle_memory());
  if (bytes > most)
    throw CheckerError(fmt::format("{} for {}, {} allowed (--oracle-memory)", in_words(bytes), what,
                                   in_words(most)));
}

}  // namespace bptt::properties
