// Times passes with Google Benchmark. All that is handed over together is alive together, and its
// repetitions are interleaved at random, so that a change of the machine's speed hits all alike.
// Wall-clock time, since passes may be threaded. It chooses no shapes and prints nothing.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/contestant.hpp"
#include "bench/results.hpp"
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

struct Entry {
  Group group;
  std::string contestant;
};

struct Repetitions {
  int count;
  double seconds;  // of each at least
};

class PassTimer {
 public:
  using Started = std::function<void(const std::string& benchmark)>;

  /// `started` is told the name "<group>/<contestant>" before each repetition, outside of its time.
  explicit PassTimer(Started started) : started_(std::move(started)) {}

  /// Those who cannot run an entry are left out. Contestants stay for the next call, if it has
  /// their shape too: forward and backward share them.
  void run(const std::vector<Entry>& entries, const Repetitions& repetitions, Results& results);

 private:
  Contestant* contestant(const Entry& entry);

  Started started_;
  std::map<std::string, std::unique_ptr<Contestant>> contestants_;
};

}  // namespace bptt::bench
