// Whose trouble an exception is. What a subject throws out of its own calls is the subject's, and a
// broken verdict; whatever else ends a check is the checker's, and the case is not judged.
#pragma once

#include <functional>

#include "core/subject.hpp"
#include "properties/verdict.hpp"

namespace bptt::properties {

/// The verdict of `check`, which is given the subject to judge: the same subject, but that its
/// exceptions are remembered as its own, that what it gives behind the ends of samples is that of
/// one convention (lengths.hpp), and that what it does not give is zero. An exception that ends the
/// check is broken if it left one of the subject's calls (name, description and capabilities are
/// none) and is no CheckerError, or if it is a SubjectFailure; it is not judged otherwise. Throws
/// nothing.
[[nodiscard]] Verdict judged(const Subject& subject,
                             const std::function<Verdict(const Subject&)>& check);

/// The same of numbers that are there, with no subject to run: every exception is the checker's.
[[nodiscard]] Verdict judged(const std::function<Verdict()>& check);

}  // namespace bptt::properties
