// How the time of a backward pass grows with one size while the others are held: which points are
// measured, and the document from which plot_scaling.py draws them. One thread, f32. It measures
// nothing itself.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bench/pass_timer.hpp"
#include "bench/results.hpp"

namespace bptt::bench {

struct ScalingPlot {
  std::string against;        // "T_x", "n_a" (n_x is the same) or "m"
  std::vector<Group> points;  // ascending
  std::vector<std::string> contestants;

  [[nodiscard]] std::vector<Entry> entries() const;
};

/// Against T_x the one pass, the split form, one walk per loss term and the fast kernels, on a
/// network small enough for T_x (T_x + 1) / 2 cell steps of plain loops; against n_a and m the fast
/// kernels and the peers that are built in. Each for LSTM and RNN.
[[nodiscard]] std::vector<ScalingPlot> scaling_plots();

/// Slope of the straight line that fits log y over log x best by least squares: p for y = c x^p.
/// All values are positive, and two x at least differ.
[[nodiscard]] double fitted_slope(std::span<const double> x, std::span<const double> y);

/// The medians and quartiles of those points that results holds, as JSON:
///   version 1, time, commit, cpu, target, peak_gflops     as in a line of bench/history
///   plots[]      cell, pass, scalar, threads, against, held (the sizes that do not vary), curves
///   curves[]     contestant, repetitions (the fewest of any point), and of each point
///     at         the size that varies
///     seconds, lower, upper    of a pass: the median, the first and the third quartile
///     gflop      operations of one backward pass, in 10^9, also for who does it by more
///     slope      against T_x only: {value, from, to}, fitted to the medians of the longest
///                sequences, an eighth of the longest and more; left out for fewer than 3 points
[[nodiscard]] std::string scaling_json(const std::vector<ScalingPlot>& plots,
                                       const Results& results);

/// The slopes of that document as lines of text; empty if there are none.
[[nodiscard]] std::string slopes_of(const std::vector<ScalingPlot>& plots, const Results& results);

}  // namespace bptt::bench
