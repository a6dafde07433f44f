// The parsers of the replay line under fire: any text is refused with a FormatError or a
// ShapeError, or it is understood, and then it means the same after being written and read again
// and whatever the white space between its words.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "core/error.hpp"
#include "properties/replay.hpp"

namespace {

using bptt::properties::parse_problem_spec;
using bptt::properties::parse_replay_case;

void require(bool condition) {
  if (!condition) __builtin_trap();
}

std::string on_one_line(std::string text) {
  for (char& c : text)
    if (c != '\0' && std::strchr("\n\t\v\f\r", c) != nullptr) c = ' ';
  return text;
}

void drive_replay_case(const std::string& text) {
  bptt::properties::ReplayCase replay;
  try {
    replay = parse_replay_case(text);
  } catch (const bptt::FormatError&) {
    return;
  } catch (const bptt::ShapeError&) {
    return;
  }
  const std::string written = to_string(replay);
  require(to_string(parse_replay_case(written)) == written);
  require(to_string(parse_replay_case(on_one_line(text))) == written);
}

void drive_problem_spec(const std::string& text) {
  bptt::properties::ProblemSpec spec;
  try {
    spec = parse_problem_spec(text);
  } catch (const bptt::FormatError&) {
    return;
  } catch (const bptt::ShapeError&) {
    return;
  }
  require(parse_problem_spec(to_string(spec)) == spec);
  require(parse_problem_spec(on_one_line(text)) == spec);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  drive_replay_case(text);
  drive_problem_spec(text);
  return 0;
}
