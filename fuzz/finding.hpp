// What a fuzz target throws when it has found something: the words for standard error.
#pragma once

#include <stdexcept>
#include <string>

namespace bptt::fuzz {

struct Finding : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws a Finding unless the fact is true.
inline void require(bool fact, const std::string& otherwise) {
  if (!fact) throw Finding(otherwise);
}

}  // namespace bptt::fuzz
