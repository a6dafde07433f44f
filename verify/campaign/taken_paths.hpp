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

/// Counts from its construction on.
class PathCount {
 public:
  PathCount();
  /// Of all ways, those that no plan took with 0; nothing at all if there was no plan.
  [[nodiscard]] std::vector<TakenPath> taken() const;

 private:
  std::vector<std::uint64_t> before_;
};

}  // namespace bptt::verify
