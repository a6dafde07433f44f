// The parsers of the replay line under fire: any text is refused with a FormatError or a
// ShapeError, or it is understood, and then it means the same after being written and read again
// and whatever the white space between its words.
#include <cstring>

#include "core/error.hpp"
#include "fuzz/finding.hpp"
#include "fuzz/parser_targets.hpp"
#include "fuzz/seed_problems.hpp"
#include "properties/replay.hpp"

namespace bptt::fuzz {
namespace {

using properties::parse_problem_spec;
using properties::parse_replay_case;

std::string on_one_line(std::string text) {
  for (char& c : text)
    if (c != '\0' && std::strchr("\n\t\v\f\r", c) != nullptr) c = ' ';
  return text;
}

void drive_replay_case(const std::string& text) {
  properties::ReplayCase replay;
  try {
    replay = parse_replay_case(text);
  } catch (const FormatError&) {
    return;
  } catch (const ShapeError&) {
    return;
  }
  const std::string written = to_string(replay);
  require(to_string(parse_replay_case(written)) == written,
          "read again, '" + written + "' is another case");
  require(to_string(parse_replay_case(on_one_line(text))) == written,
          "on one line, '" + written + "' is another case");
}

void drive_problem_spec(const std::string& text) {
  properties::ProblemSpec spec;
  try {
    spec = parse_problem_spec(text);
  } catch (const FormatError&) {
    return;
  } catch (const ShapeError&) {
    return;
  }
  require(parse_problem_spec(to_string(spec)) == spec,
          "read again, '" + to_string(spec) + "' is another problem");
  require(parse_problem_spec(on_one_line(text)) == spec,
          "on one line, '" + to_string(spec) + "' is another problem");
}

class ReplayLineTarget final : public Target {
 public:
  void run(std::span<const std::uint8_t> bytes) override {
    const std::string text(bytes.begin(), bytes.end());
    drive_replay_case(text);
    drive_problem_spec(text);
  }
  [[nodiscard]] NamedInputs seeds() const override {
    NamedInputs all;
    for (const Cell cell : {Cell::rnn, Cell::lstm})
      for (const SeedProblem& problem : seed_problems(cell)) {
        const std::string line = to_string(properties::ReplayCase{
            "optimized", "equals_reference", Scalar::f64, parse_problem_spec(problem.problem)});
        all.emplace_back(std::string(name_of(cell)) + "_" + problem.name,
                         std::vector<std::uint8_t>(line.begin(), line.end()));
      }
    return all;
  }
};

}  // namespace

std::unique_ptr<Target> make_replay_line_target() { return std::make_unique<ReplayLineTarget>(); }

}  // namespace bptt::fuzz
