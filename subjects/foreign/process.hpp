// A worker process: started in a process group of its own, asked one thing at a time, and gone,
// with everything that it started, when this object is.
//
// What a worker does cannot harm the program: its time, its memory and what is kept of its output
// are bounded; it dies with the program, and is waited for, so that no zombie stays.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/subject_failure.hpp"
#include "subjects/foreign/options.hpp"
#include "subjects/foreign/protocol.hpp"

namespace bptt::foreign {

/// What is started.
struct Program {
  std::vector<std::string> words;        // the path, or a name to be found in the PATH; arguments
  std::vector<std::string> environment;  // "NAME=value", beside what is inherited
  int script = -1;                       // becomes descriptor 5 of the worker, if there is one
};

struct Answer {
  Status status = Status::ok;
  std::string text;
};

/// What a worker's message says; nothing if it is no answer of the protocol.
[[nodiscard]] std::optional<Answer> answer_of(std::span<const char> message);

class Process {
 public:
  /// segment: becomes descriptor 4 of the worker. Throws Error if the system refuses.
  /// The worker dies with the *thread* that calls this (PR_SET_PDEATHSIG).
  Process(const Program& program, int segment, const Options& options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Sends, and waits for the answer. seconds: what the call may take of the worker's own time
  /// (patience.hpp).
  /// Throws SubjectFailure if none comes; the process is then gone, and not asked again.
  /// what: the function that is called, for the words of a failure.
  [[nodiscard]] Answer ask(const Request& request, double seconds, const std::string& what);

  /// Forgets what was printed so far.
  void forget_output() { output_.clear(); }
  /// The last lines of what was printed.
  [[nodiscard]] std::string output() const;
  [[nodiscard]] pid_t id() const { return id_; }

 private:
  /// Bytes that were read.
  long drain();
  [[nodiscard]] bool receive(Answer& answer);
  [[noreturn]] void gone(const std::string& what, const std::string& last_words);
  void end();
  [[nodiscard]] int reap();

  Options options_;
  pid_t id_ = -1;
  int socket_ = -1, pipe_ = -1;
  int alive_ = -1;  // readable when the process has gone
  bool pipe_ends_ = false;
  std::string output_;
};

}  // namespace bptt::foreign
