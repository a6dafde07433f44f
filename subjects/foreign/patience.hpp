// How long a worker has really taken: a clock that stands still while the machine gives the worker
// no time. What runs is charged its processor time. What sleeps is charged the time that passes, so
// that a deadlock ends as an endless loop does; but not while it is stopped, while a thread of it
// or of a process that it started waits for a processor or a disk, or while nobody reads what it
// printed. However busy the machine is, a worker that needs little time is not called slow.
// It does not see what a process elsewhere does for the worker: waiting for that is sleep.
#pragma once

#include <sys/types.h>

#include <chrono>

namespace bptt::foreign {

class Patience {
 public:
  /// output: the pipe that the worker prints into; -1: it has none.
  Patience(pid_t worker, double seconds, int output = -1);
  /// Milliseconds until the next look.
  [[nodiscard]] static int slice() { return 50; }
  /// So many bytes were read from the pipe. If they had filled it, the worker waited for that.
  void was_read(long bytes);
  /// Called about once a slice; true when the time is over.
  [[nodiscard]] bool over();

 private:
  struct Look {
    bool stopped = false, sleeps = true;
    double cpu = 0;  // seconds, user and system, of all threads and of what it started
    std::chrono::steady_clock::time_point at;
  };
  [[nodiscard]] Look look() const;
  [[nodiscard]] bool fills_pipe(long bytes) const;

  pid_t worker_;
  double left_;
  int output_;
  Look last_;
};

}  // namespace bptt::foreign
