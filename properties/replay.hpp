// The replay line: one line of text that repeats one case exactly.
//   bptt-verify replay 'optimized linear_in_da f32 lstm n_x=3 n_a=5 m=2 T_x=4 T_da=4 regime=unit
//   seed=7'
#pragma once

#include <string>
#include <string_view>

#include "core/subject.hpp"
#include "properties/problem_spec.hpp"

namespace bptt::properties {

struct ReplayCase {
  std::string subject, property;
  Scalar scalar = Scalar::f64;
  ProblemSpec spec;
};

/// A subject's name as one word between single quotes: a file's name may have spaces and quotes,
/// which become %20 and the like. Other names are left as they are.
[[nodiscard]] std::string as_word(std::string_view subject);
/// The inverse.
[[nodiscard]] std::string from_word(std::string_view word);

/// The words between the quotes.
[[nodiscard]] std::string to_string(const ReplayCase& replay);
/// The whole command.
[[nodiscard]] std::string replay_command(const ReplayCase& replay);
/// The inverse of to_string. Throws FormatError or ShapeError, saying what is wrong with the line.
[[nodiscard]] ReplayCase parse_replay_case(std::string_view line);

}  // namespace bptt::properties
