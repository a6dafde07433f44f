#include "properties/replay.hpp"

#include <iterator>
#include <sstream>

namespace bptt::properties {

std::string to_string(const ReplayCase& r) {
  return r.subject + " " + r.property + " " + std::string(bptt::name_of(r.scalar)) + " " +
         to_string(r.spec);
}

std::string replay_command(const ReplayCase& r) {
  return "bptt-verify replay '" + to_string(r) + "'";
}

ReplayCase parse_replay_case(std::string_view line) {
  std::istringstream in{std::string(line)};
  ReplayCase r;
  std::string scalar;
  if (!(in >> r.subject >> r.property >> scalar >> std::ws) || in.eof())
    throw FormatError("'" + std::string(line) +
                      "' is no replay line; it reads: SUBJECT PROPERTY f32|f64 rnn|lstm n_x=..");
  if (scalar != "f32" && scalar != "f64")
    throw FormatError("'" + scalar + "' is no scalar; the scalars are f32 f64");
  r.scalar = scalar == "f32" ? Scalar::f32 : Scalar::f64;
  // All that is left, line breaks too: what is not understood must not pass unread.
  r.spec = parse_problem_spec(std::string(std::istreambuf_iterator<char>(in), {}));
  return r;
}

}  // namespace bptt::properties
