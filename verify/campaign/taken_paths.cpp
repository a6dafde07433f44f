#include "verify/campaign/taken_paths.hpp"

#include <algorithm>
#include <utility>

#include "optimized/paths.hpp"

namespace bptt::verify {
namespace {

std::vector<std::uint64_t> plans_of_all_paths() {
  std::vector<std::uint64_t> plans;
  for (const auto& row : optimized::all_paths())
    plans.push_back(optimized::plans_that_took(row.path));
  return plans;
}

TakenPath path(std::size_t k, std::uint64_t plans) {
  return {std::string(optimized::all_paths()[k].name), static_cast<long long>(plans)};
}

}  // namespace

void add(std::vector<TakenPath>& all, const std::vector<TakenPath>& more) {
  for (const TakenPath& path : more) {
    const auto same = std::find_if(all.begin(), all.end(),
                                   [&](const TakenPath& other) { return other.name == path.name; });
    if (same == all.end())
      all.push_back(path);
    else
      same->plans += path.plans;
  }
}

PathCount::PathCount() : before_(plans_of_all_paths()), last_(before_) {}

std::vector<TakenPath> PathCount::taken(const std::vector<TakenPath>& elsewhere) const {
  const std::vector<std::uint64_t> after = plans_of_all_paths();
  if (after == before_ && elsewhere.empty()) return {};
  std::vector<TakenPath> paths;
  for (std::size_t k = 0; k < after.size(); ++k) paths.push_back(path(k, after[k] - before_[k]));
  add(paths, elsewhere);
  return paths;
}

std::vector<TakenPath> PathCount::newly_taken() {
  std::vector<std::uint64_t> now = plans_of_all_paths();
  std::vector<TakenPath> paths;
  for (std::size_t k = 0; k < now.size(); ++k)
    if (now[k] != last_[k]) paths.push_back(path(k, now[k] - last_[k]));
  last_ = std::move(now);
  return paths;
}

}  // namespace bptt::verify
