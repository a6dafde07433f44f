// The switch of a rewritten tree: which mutant runs. Read once, from the environment variable
// BPTT_MUTANT; 0, or no such variable: none, and the program is the original one.
#pragma once

#include <cstdlib>

namespace bptt_mutant {

inline int chosen() {
  const char* text = std::getenv("BPTT_MUTANT");
  return text == nullptr ? 0 : std::atoi(text);
}

inline const int active = chosen();

template <int number>
inline bool on() {
  return active == number;
}

}  // namespace bptt_mutant
