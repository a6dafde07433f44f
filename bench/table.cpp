#include "bench/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/contestant.hpp"

namespace bptt::bench {
namespace {

/// The part of a group's name "lstm/backward/f32/64x64x32x100/1" between slashes.
std::string part(const std::string& name, int k) {
  std::size_t from = 0;
  for (; k > 0; --k) from = name.find('/', from) + 1;
  return name.substr(from, name.find('/', from) - from);
}

struct Ratios {
  double least = INFINITY, log_sum = 0;
  int count = 0;
  std::string where;
};

}  // namespace

std::string table_of(const Results& results) {
  std::vector<std::string> peers;
  auto names = contestant_names();
  for (const auto mode : memory_mode_names()) names.push_back(mode);
  for (const auto name : names) {
    const bool ran = std::any_of(results.groups().begin(), results.groups().end(), [&](auto& g) {
      const auto at = g.contestants.find(std::string(name));
      return at != g.contestants.end() && !at->second.seconds.empty();
    });
    if (ran && name != "optimized") peers.emplace_back(name);
  }
  std::string text = fmt::format(
      "{:<42} {:>8} {:>6}", "cell/pass/scalar/n_x x n_a x m x T_x/threads", "GFLOP/s", "% peak");
  for (const std::string& peer : peers)
    text += fmt::format(" {:>{}}", peer, std::max<std::size_t>(9, peer.size()));
  text += fmt::format(" {:>11}\n", "bytes/step");

  std::map<std::string, Ratios> ratios;
  for (const Results::Row& group : results.groups()) {
    const auto own = group.contestants.find("optimized");
    if (own == group.contestants.end() || own->second.seconds.empty()) continue;
    const Scalar scalar = part(group.name, 2) == "f32" ? Scalar::f32 : Scalar::f64;
    const double peak = results.peak(scalar) * std::stod(part(group.name, 4));
    const double gflops = own->second.gflops();
    text += fmt::format("{:<44} {:>8.1f} {:>6.1f}", group.name, gflops, 100 * gflops / peak);
    for (const std::string& peer : peers) {
      const auto at = group.contestants.find(peer);
      if (at == group.contestants.end() || at->second.seconds.empty()) {
        text += fmt::format(" {:>{}}", "-", std::max<std::size_t>(9, peer.size()));
        continue;
      }
      const double ratio = at->second.median() / own->second.median();
      text += fmt::format(" {:>{}.2f}", ratio, std::max<std::size_t>(9, peer.size()));
      Ratios& all = ratios[peer];
      if (ratio < all.least) all.where = group.name;
      all.least = std::min(all.least, ratio);
      all.log_sum += std::log(ratio);
      ++all.count;
    }
    text += fmt::format(" {:>11.0f}\n", own->second.bytes_per_step);
  }
  text += fmt::format(
      "peers: times slower than optimized; medians of interleaved repetitions\n"
      "peak of one thread, registers only: {:.0f} GFLOP/s f32, {:.0f} f64; instruction set {}\n",
      results.peak(Scalar::f32), results.peak(Scalar::f64), results.target());
  for (const Results::Row& group : results.groups())
    for (const auto mode : memory_mode_names())
      if (const auto at = group.contestants.find(std::string(mode));
          at != group.contestants.end() && !at->second.seconds.empty() &&
          part(group.name, 1) == "backward")
        text += fmt::format("{}: {} keeps {:.0f} bytes/step\n", group.name, mode,
                            at->second.bytes_per_step);
  for (const auto& [peer, all] : ratios)
    text += fmt::format("{}: geometric mean {:.2f}, least {:.2f} ({}), of {}\n", peer,
                        std::exp(all.log_sum / all.count), all.least, all.where, all.count);
  return text;
}

}  // namespace bptt::bench
