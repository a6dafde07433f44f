// Reports as JSON for programs.
//
// Every document: "schema" (below), "version" of that schema (a whole number: it grows when a field
// changes its meaning or goes; new fields may come at any time), "program" (version of
// bptt-verify).
//
// schema "bptt-verify/check":
//   reports[]: one a subject:
//     subject, seed, started (UTC, ISO 8601), seconds
//     rows[]: property (id), number (0: a published case), sentence, mathematics, cell ("rnn",
//             "lstm"), scalar ("f32", "f64"), exactness ("bitwise", "exact", "bounded",
//             "statistical"), about ("subject", "specification"), cases, held, broken,
//             inconclusive, compared, trivial, worst_ratio, median_ratio (see RATIO),
//             failures[]: replay, text, cause ("" for numbers that differ, or "crashed",
//             "timed out", .. of core/subject_failure.hpp), output (last lines that the subject
//             printed)
//     summary: outcome ("held", "broken"), cases, held, broken, inconclusive, compared, trivial,
//              rows, broken_rows, regimes{name: {held, broken, inconclusive}}
//     gave_up_after: cases that ended the subject's process, after which no more were asked for; 0
//              if that did not happen
//     notes[]: what of the subject is not tested, and why
// schema "bptt-verify/replay":
//   replay, property, number, sentence, mathematics, exactness, outcome ("held", "broken",
//   "inconclusive"), cause, output (as above), reason, compared, trivial, inconclusive_entries,
//   worst_ratio (RATIO), worst: array, index[], got, expected, bound, ulp (all NUMBER); null if
//   nothing was compared
// schema "bptt-verify/grade":
//   file, cell, scalar, activation, n_x, n_a, m, T_x, T_da, outcome ("held", "broken",
//   "inconclusive": of all arrays), assumed_zero[] (inputs that are not in the file),
//   arrays[]: array, key (in the file), shape[], expected_shape[], sampled (not every entry was
//             judged), outcome (also "not graded": not in the file; then nothing follows), cause,
//             reason, compared, trivial, inconclusive_entries, worst_ratio (RATIO), worst (as
//             above)
//   unknown[]: keys that are not graded
// RATIO: error / bound, a NUMBER, or null if nothing was compared within a bound.
// NUMBER: a number, or one of the strings "inf", "-inf", "nan".
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "verify/grade.hpp"
#include "verify/replayed.hpp"
#include "verify/report.hpp"

namespace bptt::verify {

[[nodiscard]] std::string json_of(const std::vector<Report>& reports, std::string_view program);
[[nodiscard]] std::string json_of(const Replayed& replayed, std::string_view program);
[[nodiscard]] std::string json_of(const Grade& grade, std::string_view program);

}  // namespace bptt::verify
