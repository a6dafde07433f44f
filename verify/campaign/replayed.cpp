#include "verify/campaign/replayed.hpp"

#include <sstream>

#include "core/error.hpp"
#include "properties/property.hpp"
#include "properties/published_cases.hpp"
#include "properties/replay.hpp"
#include "subjects/registry.hpp"
#include "verify/campaign/campaign.hpp"

namespace bptt::verify {
namespace {

/// Without the command around it.
std::string_view words_of(std::string_view line) {
  constexpr std::string_view command = "bptt-verify replay";
  if (line.starts_with(command)) line.remove_prefix(command.size());
  const std::size_t first = line.find_first_not_of(" '\""), last = line.find_last_not_of(" '\"");
  return first == std::string_view::npos ? "" : line.substr(first, last - first + 1);
}

Replayed replay_published(const std::string& subject_name, const std::string& id,
                          const foreign::Options& options) {
  const bool specification = id.starts_with(specification_prefix);
  const auto& published = properties::find_published_case(
      id.substr(specification ? specification_prefix.size() : published_prefix.size()));
  const auto subject = make_subject(subject_name, options);
  if (!specification && !applies(published, subject->capabilities()))
    throw UnsupportedError(subject_name + " cannot run the published case " +
                           std::string(published.name) + " in f64");
  Replayed r;
  r.line = properties::as_word(subject_name) + " " + id;
  r.id = id;
  r.sentence = "Published numbers are reproduced: " + std::string(published.description);
  r.mathematics = "|got - published| <= bound + u |published|";
  r.exactness = name_of(properties::Exactness::bounded);
  r.verdict = specification ? check_published_specification(published)
                            : check_published_case(*subject, published);
  return r;
}

}  // namespace

Replayed replay(std::string_view line, const foreign::Options& options) {
  line = words_of(line);
  std::istringstream in{std::string(line)};
  std::string subject_name, id;
  in >> subject_name >> id;
  if (id.starts_with(published_prefix) || id.starts_with(specification_prefix))
    return replay_published(properties::from_word(subject_name), id, options);

  const properties::ReplayCase c = properties::parse_replay_case(line);
  const auto subject = make_subject(c.subject, options);
  const properties::Property& property = properties::find_property(c.property);
  if (!applies(property, subject->capabilities(), c.scalar, c.spec))
    throw UnsupportedError("the property " + c.property + " says nothing of this problem on " +
                           c.subject + ": " + to_string(c.spec));
  Replayed r;
  r.line = to_string(c);
  r.id = property.id;
  r.sentence = property.sentence;
  r.mathematics = property.mathematics;
  r.exactness = name_of(property.exactness);
  r.verdict = check(property, *subject, c.scalar, c.spec);
  return r;
}

}  // namespace bptt::verify
