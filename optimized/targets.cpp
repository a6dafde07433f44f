#include "optimized/targets.hpp"

#include <hwy/targets.h>

#include <string>

#include "core/error.hpp"
#include "optimized/passes.hpp"

namespace bptt::optimized {
namespace {

std::mutex& dispatching() {
  static std::mutex mutex;
  return mutex;
}

bool restricted = false;  // by the one OnlyTarget that holds the lock

}  // namespace

std::vector<std::string_view> available_targets() {
  std::vector<std::string_view> names;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets())
    names.emplace_back(hwy::TargetName(target));
  return names;
}

OnlyTarget::OnlyTarget(std::string_view name) : lock_(dispatching()) {
  if (name.empty()) return;  // asking the processor takes longer than making a small plan
  std::string known;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (name == hwy::TargetName(target)) {
      hwy::SetSupportedTargetsForTest(target);
      restricted = true;
      return;
    }
    known += std::string(known.empty() ? "" : ", ") + hwy::TargetName(target);
  }
  throw UnsupportedError("no instruction set '" + std::string(name) + "' here; there are " + known);
}

// Back to what the machine has.
OnlyTarget::~OnlyTarget() {
  if (restricted) hwy::SetSupportedTargetsForTest(0);
  restricted = false;
}

}  // namespace bptt::optimized
