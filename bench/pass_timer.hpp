// Times passes of contestants that take turns: repetitions are interleaved at random, so that a
// change of the machine's speed hits all alike, and who is not measured stands still, so that a
// ratio does not depend on who else is there. It chooses no shapes and prints nothing.
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "bench/contestant_process.hpp"
#include "bench/repetition.hpp"
#include "bench/results.hpp"

namespace bptt::bench {

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

  /// Makes a contestant, by its name, for a group; null if it cannot run that.
  using Make = std::function<std::unique_ptr<Contestant>(const std::string&, const Group&)>;

  /// Starts the processes. `started` is told the name "<group>/<contestant>" before each
  /// repetition, outside of its time.
  PassTimer(const std::vector<std::string>& contestants, const Make& make, Started started);

  /// Those who cannot run an entry are left out.
  void run(const std::vector<Entry>& entries, const Repetitions& repetitions, Results& results);

 private:
  [[nodiscard]] ContestantProcess& process_of(const std::string& contestant);

  Started started_;
  std::vector<std::unique_ptr<ContestantProcess>> processes_;
  std::mt19937 order_{1};
  int batch_ = 0;
};

}  // namespace bptt::bench
