// Those who are timed, behind one interface. What is timed is the pass alone: arrays, plans, packed
// or reordered weights and zeroed gradients are made before.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/problem.hpp"
#include "optimized/work.hpp"

namespace bptt::bench {

enum class Pass { forward, backward };

/// 2 T m G n_a (n_a + n_x) operations forwards and twice that backwards; G = 1 or 4.
[[nodiscard]] double flops(Cell cell, Pass pass, const Sizes& sizes);

struct Counts {
  std::size_t workspace_bytes = 0;
  optimized::Work work;  // of all passes so far
};

class Contestant {
 public:
  virtual ~Contestant() = default;
  /// False for the slow ways, whose forward is the reference's.
  [[nodiscard]] virtual bool runs(Pass) const { return true; }
  /// Keeps what backward needs.
  virtual void forward() = 0;
  /// After forward; adds to its weight gradients.
  virtual void backward() = 0;
  /// What is counted rather than timed; nothing if it is not known.
  [[nodiscard]] virtual std::optional<Counts> counts() const { return std::nullopt; }
  /// Bytes that forward keeps for backward, for each step; 0 if not known.
  [[nodiscard]] virtual double bytes_per_step() const { return 0; }
};

/// "optimized" first; then the peers that were built in, "eigen", "reference" and the slow ways
/// "walks" and "split".
[[nodiscard]] std::vector<std::string_view> contestant_names();

/// The fast kernels with less kept: "recompute_gates", "square_root" and "binomial", with a quarter
/// of what a plan keeps. Not among contestant_names: they run when they are asked for.
[[nodiscard]] std::vector<std::string_view> memory_mode_names();

/// Too long for a table of many shapes: plain loops where a pass takes a second or more, the walks,
/// quadratic in T, beyond the smallest shapes; Eigen's products, on one thread, where a quick table
/// would wait for them a quarter of its time.
[[nodiscard]] bool takes_long(std::string_view name, Cell cell, const Sizes& sizes, bool quick);

/// Null if the contestant cannot run that at all.
template <class S>
[[nodiscard]] std::unique_ptr<Contestant> make_contestant(std::string_view name, Cell cell,
                                                          const Sizes& sizes, int threads);

}  // namespace bptt::bench
