#include "properties/replay.hpp"

#include <charconv>
#include <iterator>
#include <sstream>

namespace bptt::properties {

std::string as_word(std::string_view subject) {
  std::string word;
  for (const char c : subject) {
    const auto code = static_cast<unsigned char>(c);
    if (code > ' ' && c != '\'' && c != '"' && c != '%')
      word += c;
    else
      word.append({'%', "0123456789abcdef"[code >> 4U], "0123456789abcdef"[code & 15U]});
  }
  return word;
}

std::string from_word(std::string_view word) {
  std::string subject;
  for (std::size_t k = 0; k < word.size(); ++k) {
    unsigned code = 0;
    const char* digits = word.data() + k + 1;
    if (word[k] == '%' && k + 2 < word.size() &&
        std::from_chars(digits, digits + 2, code, 16).ptr == digits + 2) {
      subject += static_cast<char>(code);
      k += 2;
    } else {
      subject += word[k];
    }
  }
  return subject;
}

std::string to_string(const ReplayCase& r) {
  return as_word(r.subject) + " " + r.property + " " + std::string(bptt::name_of(r.scalar)) + " " +
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
  r.subject = from_word(r.subject);
  // All that is left, line breaks too: what is not understood must not pass unread.
  r.spec = parse_problem_spec(std::string(std::istreambuf_iterator<char>(in), {}));
  return r;
}

}  // namespace bptt::properties
