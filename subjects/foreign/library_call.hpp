// One call of a library's forward or backward: the arrays of the shared memory by name, and the
// structs of bptt_subject.h made of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "subjects/foreign/bptt_subject.h"

namespace bptt::foreign {

struct LibraryFunctions {
  decltype(&bptt_rnn_forward) rnn_forward = nullptr;
  decltype(&bptt_rnn_backward) rnn_backward = nullptr;
  decltype(&bptt_lstm_forward) lstm_forward = nullptr;
  decltype(&bptt_lstm_backward) lstm_backward = nullptr;
  // By names, in place of those above.
  decltype(&bptt_forward) forward = nullptr;
  decltype(&bptt_backward) backward = nullptr;
};

/// The arrays of a call by name. Every element of each lies in the memory.
class CallArrays {
 public:
  /// memory: begins with `count` entries of type ArrayEntry (protocol.hpp). element: bytes of one.
  /// Throws FormatError, with the numbers, if the table or an element is outside of the memory.
  CallArrays(std::span<char> memory, std::uint32_t count, std::size_t element);
  /// As version 1 has it. Throws FormatError if there is none of that name, or if it has more than
  /// three axes.
  bptt_array operator[](const char* name) const;
  /// All of them, as version 2 has them; good as long as this object.
  [[nodiscard]] const std::vector<bptt_named_array>& all() const { return arrays_; }

 private:
  std::vector<std::string> names_;
  std::vector<bptt_named_array> arrays_;
};

/// "n_x 3 m 2" as names and values. Throws FormatError for anything else.
class CallSizes {
 public:
  explicit CallSizes(std::string_view words);
  [[nodiscard]] const std::vector<bptt_named_size>& all() const { return sizes_; }

 private:
  std::vector<std::string> names_;
  std::vector<bptt_named_size> sizes_;
};

/// Calls the forward or backward of problem.cell, and returns what it returns. Throws FormatError
/// if an array that it needs is missing or if the library has no such function.
[[nodiscard]] int call_library(const LibraryFunctions& library, void** session,
                               const bptt_problem& problem, const CallArrays& arrays, bool forward);
/// The same by names; call's arrays and sizes are set here.
[[nodiscard]] int call_library(const LibraryFunctions& library, void** session, bptt_call call,
                               const CallArrays& arrays, const CallSizes& sizes, bool forward);

}  // namespace bptt::foreign
