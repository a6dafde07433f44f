// How a subject can fail before there are numbers to judge. Such a failure is a verdict about the
// subject, never an error of the suite: whoever judges catches it and goes on with the next case.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/error.hpp"

namespace bptt {

/// What kind of failure a verdict reports. `none`: there is none, or the numbers themselves differ.
enum class Cause {
  none,
  // The worker that ran the subject is gone.
  crashed,        // a signal: SIGSEGV, SIGABRT, ..
  timed_out,      // no answer within the time for one call
  out_of_memory,  // the limit of the worker's memory was reached
  exited,         // the subject ended the process, or asked to
  garbled,        // the answer is not one of the protocol
  // The worker goes on.
  raised,         // an exception, or an error code
  wrong_shape,    // "gradients["dba"] has shape (5,5), expected (5,1)"
  wrong_type,     // no array, or one of another dtype
  wrote_outside,  // beyond an output's elements
  changed_input,  // an array that was handed in for reading
  not_finite      // a NaN or an infinity where a finite number must be
};

/// "crashed", "timed out", "out of memory", ..; empty for none.
[[nodiscard]] constexpr std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::none: return "";
    case Cause::crashed: return "crashed";
    case Cause::timed_out: return "timed out";
    case Cause::out_of_memory: return "out of memory";
    case Cause::exited: return "exited";
    case Cause::garbled: return "garbled";
    case Cause::raised: return "raised";
    case Cause::wrong_shape: return "wrong shape";
    case Cause::wrong_type: return "wrong type";
    case Cause::wrote_outside: return "wrote outside";
    case Cause::changed_input: return "changed input";
    case Cause::not_finite: return "not finite";
  }
  return "";
}

/// Whether the process that ran the subject has to be started again.
[[nodiscard]] constexpr bool ends_worker(Cause cause) {
  return cause == Cause::crashed || cause == Cause::timed_out || cause == Cause::out_of_memory ||
         cause == Cause::exited || cause == Cause::garbled;
}

/// Thrown by a session. what(): one sentence without the cause's name before it.
struct SubjectFailure : Error {
  SubjectFailure(Cause why, const std::string& sentence, std::string last_output = {})
      : Error(sentence), cause(why), output(std::move(last_output)) {}
  Cause cause;
  std::string output;  // the last lines that the subject printed, if it is isolated
};

}  // namespace bptt
