#include "verify/report/fault_words.hpp"

#include <fmt/format.h>

#include "subjects/faults/fault_models.hpp"

namespace bptt::verify {

std::vector<std::pair<std::string, std::string_view>> fault_fields(std::size_t row) {
  const FaultModel& m = fault_models[row];
  return {{"id", m.id},       {"mechanism", m.mechanism}, {"wrong", m.wrong},
          {"right", m.right}, {"mend", m.mend},           {"source", m.source}};
}

std::string fault_words(const std::vector<std::size_t>& rows, const Style& style) {
  std::string text;
  for (const std::size_t row : rows) {
    const FaultModel& m = fault_models[row];
    text += fmt::format(
        "  {}: {}\n"
        "      wrong  {}\n"
        "      right  {}\n"
        "      mend   {}\n"
        "      first reported: {}\n",
        style.bold(m.id), m.mechanism, m.wrong, m.right, m.mend, m.source);
  }
  return text;
}

}  // namespace bptt::verify
