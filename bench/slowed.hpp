// A contestant made slower on purpose: to see which slowdowns a comparison finds.
#pragma once

#include <memory>

#include "bench/contestant.hpp"

namespace bptt::bench {

/// Parts of a pass's own time; 0.05: five percent.
struct Slowdown {
  double forward = 0, backward = 0;
};

/// Each pass takes so much longer: so many turns of an empty loop, counted now, are run after it.
[[nodiscard]] std::unique_ptr<Contestant> slowed(std::unique_ptr<Contestant> contestant,
                                                 const Slowdown& by);

}  // namespace bptt::bench
