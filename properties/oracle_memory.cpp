#include "properties/oracle_memory.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>

#include "core/error.hpp"

namespace bptt::properties {
namespace {

/// Of an entry: the problem and the subject's result in its scalar, each of them in 64-bit
/// mantissas (16 bytes), the expectation's own, and a Recorded number (32).
constexpr double bytes_of_an_entry = 128;

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

void require_oracle_memory(double bytes, std::string_view what) {
  const auto most = static_cast<double>(oracle_memory());
  if (bytes > most)
    throw CheckerError(fmt::format("{} for {}, {} allowed (--oracle-memory)", in_words(bytes), what,
                                   in_words(most)));
}

}  // namespace bptt::properties
