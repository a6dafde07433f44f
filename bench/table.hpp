// The results as a table that people read: one row for each group.
#pragma once

#include <string>

#include "bench/results.hpp"

namespace bptt::bench {

/// GFLOP/s, percent of the measured peak of as many threads, how many times slower each peer is,
/// and bytes kept for each step. Then, for each peer, the least and the geometric mean of its
/// ratios.
[[nodiscard]] std::string table_of(const Results& results);

}  // namespace bptt::bench
