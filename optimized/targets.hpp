// Choosing an instruction set by name. Highway's own choice is the best that the machine has.
#pragma once

#include <mutex>
#include <string_view>

namespace bptt::optimized {

/// While it lives, Highway dispatches to the named target only; "" is the best one.
/// One at a time in a process: others wait. Throws UnsupportedError for a name that is unknown
/// here, naming those there are.
class OnlyTarget {
 public:
  explicit OnlyTarget(std::string_view name);
  ~OnlyTarget();
  OnlyTarget(const OnlyTarget&) = delete;
  OnlyTarget& operator=(const OnlyTarget&) = delete;

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace bptt::optimized
