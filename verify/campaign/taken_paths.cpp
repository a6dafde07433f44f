#include "verify/campaign/taken_paths.hpp"

#include "optimized/paths.hpp"

namespace bptt::verify {
namespace {

std::vector<std::uint64_t> plans_of_all_paths() {
  std::vector<std::uint64_t> plans;
  for (const auto& row : optimized::all_paths())
    plans.push_back(optimized::plans_that_took(row.path));
  return plans;
}

}  // namespace

PathCount::PathCount() : before_(plans_of_all_paths()) {}

std::vector<TakenPath> PathCount::taken() const {
  const std::vector<std::uint64_t> after = plans_of_all_paths();
  if (after == before_) return {};
  std::vector<TakenPath> paths;
  for (std::size_t k = 0; k < after.size(); ++k)
    paths.push_back({std::string(optimized::all_paths()[k].name),
                     static_cast<long long>(after[k] - before_[k])});
  return paths;
}

}  // namespace bptt::verify
