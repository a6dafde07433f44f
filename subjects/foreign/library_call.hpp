// One call of a library's forward or backward: the arrays of the shared memory by name, and the
// structs of bptt_subject.h made of them.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "subjects/foreign/bptt_subject.h"

namespace bptt::foreign {

struct LibraryFunctions {
  decltype(&bptt_rnn_forward) rnn_forward = nullptr;
  decltype(&bptt_rnn_backward) rnn_backward = nullptr;
  decltype(&bptt_lstm_forward) lstm_forward = nullptr;
  decltype(&bptt_lstm_backward) lstm_backward = nullptr;
};

/// The arrays of a call by name. Every element of each lies in the memory.
class CallArrays {
 public:
  /// memory: begins with `count` entries of type ArrayEntry (protocol.hpp). element: bytes of one.
  /// Throws FormatError, with the numbers, if the table or an element is outside of the memory.
  CallArrays(std::span<char> memory, std::uint32_t count, std::size_t element);
  /// Throws FormatError if there is none of that name.
  const bptt_array& operator[](const char* name) const;

 private:
  std::map<std::string, bptt_array> arrays_;
};

/// Calls the forward or backward of problem.cell, and returns what it returns. Throws FormatError
/// if an array that it needs is missing or if the library has no such function.
[[nodiscard]] int call_library(const LibraryFunctions& library, void** session,
                               const bptt_problem& problem, const CallArrays& arrays, bool forward);

}  // namespace bptt::foreign
