// What a shared library says of itself: checked in the worker, sent as lines of text, and read by
// the program, which believes nothing that a worker sends.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "core/subject.hpp"
#include "subjects/foreign/bptt_subject.h"

namespace bptt::foreign {

/// Why a library cannot be put to the test, in words for its author.
struct LoadError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws LoadError, naming the field, if the library describes what there is not.
void require_description(const bptt_description& description);

/// One line for each field. description.text: NULL or ended by a NUL.
[[nodiscard]] std::string text_of(const bptt_description& description);

/// The inverse: what the suite may ask of the library. Cells that nobody knows are left out. Throws
/// Error, with the line, if that is not what text_of writes or require_description passes.
[[nodiscard]] Capabilities capabilities_of(std::string_view text);

}  // namespace bptt::foreign
