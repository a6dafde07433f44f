// The ways through the fast kernels that a campaign's cases took.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bptt::verify {

/// A way through the fast kernels, and how many plans took it.
struct TakenPath {
  std::string name;
  long long plans;
};

/// Adds counts of ways by their names.
void add(std::vector<TakenPath>& all, const std::vector<TakenPath>& more);

/// Counts from its construction on.
class PathCount {
 public:
  PathCount();
  /// Of all ways, with those counted elsewhere; those that no plan took with 0; nothing at all if
  /// there was no plan.
  [[nodiscard]] std::vector<TakenPath> taken(const std::vector<TakenPath>& elsewhere = {}) const;
  /// Those that a plan has taken since this was last asked for.
  [[nodiscard]] std::vector<TakenPath> newly_taken();

 private:
  std::vector<std::uint64_t> before_, last_;
};

}  // namespace bptt::verify
