// A contestant in a process of its own. While another one is measured it is stopped, all its
// threads with it: libraries let theirs spin for a while after their last work, on cores that
// others need.
#pragma once

#include <sys/types.h>

#include <string>

#include "bench/repetition.hpp"

namespace bptt::bench {

class ContestantProcess {
 public:
  /// Forks: only while this process has one thread. It is stopped until it is asked. Throws Error
  /// if the system refuses.
  ContestantProcess(std::string contestant, const RepetitionTimer::Make& make);
  /// Ends it.
  ~ContestantProcess();
  ContestantProcess(const ContestantProcess&) = delete;
  ContestantProcess& operator=(const ContestantProcess&) = delete;

  /// Lets it go on, has it time a repetition, and stops it again; it stands still when this
  /// returns. As RepetitionTimer::run. Throws Error with what is known if it ends instead.
  [[nodiscard]] Repetition run(const Request& request);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] pid_t id() const { return id_; }

 private:
  void stand_still();
  [[noreturn]] void gone(const Group& group);

  std::string name_;
  pid_t id_ = -1;
  int socket_ = -1;
};

}  // namespace bptt::bench
