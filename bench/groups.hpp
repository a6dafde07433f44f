// What is measured: passes of one network, size and number of threads, whoever runs them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/contestant.hpp"
#include "core/subject.hpp"

namespace bptt::bench {

/// Passes that are compared with one another.
struct Group {
  Cell cell;
  Scalar scalar;
  Pass pass;
  Sizes sizes;
  int threads;

  /// lstm/backward/f32/64x64x32x100/1
  [[nodiscard]] std::string name() const;
};

/// Those of bench_shapes() whose name matches the regular expression, shape by shape; quick: of few
/// shapes.
[[nodiscard]] std::vector<Group> bench_groups(const std::string& filter,
                                              const std::vector<int>& threads, bool quick = false);

/// Null if the contestant cannot run that at all. One contestant runs both passes.
[[nodiscard]] std::unique_ptr<Contestant> make_contestant(std::string_view name,
                                                          const Group& group);

}  // namespace bptt::bench
