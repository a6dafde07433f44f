// How long a worker has really taken: a clock that stands still while the machine gives the worker
// no time, because it is stopped or waits for a processor. A worker that sleeps or computes is
// charged, so that a deadlock and an endless loop both end.
#pragma once

#include <sys/types.h>

#include <chrono>

namespace bptt::foreign {

class Patience {
 public:
  Patience(pid_t worker, double seconds);
  /// Milliseconds until the next look.
  [[nodiscard]] static int slice() { return 50; }
  /// Something came from the worker: it may have slept for want of a reader.
  void heard() { heard_ = true; }
  /// Called about once a slice; true when the time is over.
  [[nodiscard]] bool over();

 private:
  struct Look {
    char state = 'S';  // as in /proc/PID/stat
    double cpu = 0;    // seconds, user and system, of all threads
    std::chrono::steady_clock::time_point at;
  };
  [[nodiscard]] Look look() const;

  pid_t worker_;
  double left_;
  bool heard_ = false;  // since the last look
  Look last_;
};

}  // namespace bptt::foreign
