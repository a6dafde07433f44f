// One repetition of one pass, timed by Google Benchmark in this process. Wall-clock time, since
// passes may be threaded.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "bench/groups.hpp"

namespace bptt::bench {

/// What is timed. Plain data: it goes from one process to another.
struct Request {
  Group group;
  std::int64_t iterations;  // 0: as many as take `seconds` at least
  double seconds;
  int batch;  // entries that are timed in turn have one number, those of the next batch the next
};

/// Of one repetition. Plain data: it goes from one process to another.
struct Repetition {
  bool ran = false;  // false: the contestant cannot run this
  std::int64_t iterations = 0;
  double seconds = 0, cpu_seconds = 0;  // of all iterations
  double bytes_per_step = 0;            // what the contestant keeps for backward
};

/// Times the passes of one contestant. Arrays and plans stay for as long as the batch, or the next
/// one, asks for their shape: forward and backward share them.
class RepetitionTimer {
 public:
  /// Null if the contestant cannot run that.
  using Make = std::function<std::unique_ptr<Contestant>(const Group&)>;
  explicit RepetitionTimer(Make make) : make_(std::move(make)) {}

  [[nodiscard]] Repetition run(const Request& request);

 private:
  struct OfShape {
    std::unique_ptr<Contestant> contestant;  // null if it cannot run that
    int last_batch = 0;
  };
  [[nodiscard]] Contestant* contestant(const Group& group, int batch);

  Make make_;
  std::map<std::string, OfShape> shapes_;
};

}  // namespace bptt::bench
