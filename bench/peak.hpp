// The ceiling that the benchmarks are measured against.
#pragma once

namespace bptt::bench {

/// Multiply-adds per second in GFLOP/s (two operations each) that one thread reaches here and now
/// on registers alone: the best of several short runs. No memory, no dependence on the cache.
template <class S>
[[nodiscard]] double peak_gflops();

/// Bytes read and written per second, in 10^9, by one thread that copies arrays beyond the caches:
/// the best of several runs.
[[nodiscard]] double copy_gbytes_per_second();

}  // namespace bptt::bench
