// The errors of the library. Every one carries the numbers that disagree.
#pragma once

#include <stdexcept>

namespace bptt {

/// The root of all errors thrown on purpose; catch this to catch them all.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Two extents that must agree do not: "cannot add shape (5,5) into dba with shape (5,1)".
struct ShapeError : Error {
  using Error::Error;
};

/// A file or a text is not what its format says it must be.
struct FormatError : Error {
  using Error::Error;
};

/// Whoever judges a subject could not go on: too little memory, no process, no descriptor. It says
/// nothing of the subject.
struct CheckerError : Error {
  using Error::Error;
};

/// A subject was asked for something that its capabilities exclude.
struct UnsupportedError : Error {
  using Error::Error;
};

}  // namespace bptt
