#include <fmt/format.h>

#include "verify/report/html/sections.hpp"

namespace bptt::verify::html {

std::string matrix_section(const Document& document, std::size_t place) {
  const Json& json = document.json;
  const Json &properties = json.at("properties"), &faults = json.at("faults");
  std::size_t killed = 0, kills = 0;
  Table of_faults("Faults, and what finds each first",
                  {"fault", "model", "first found by", "cell", "scalar", "cases until then",
                   "properties that break"});
  for (const Json& fault : faults) {
    const Json& first = fault.at("first");
    kills += fault.at("kills").size();
    const auto name = text_at(fault, "fault");
    const auto model = text_at(fault, "model");
    if (first.is_null()) {
      of_faults.row({Field::text(name),
                     Field::text(model),
                     {"<b class=\"bad\">nothing</b>"},
                     Field::text(""),
                     Field::text(""),
                     Field::text(""),
                     Field::count(0)},
                    name);
      continue;
    }
    ++killed;
    of_faults.row({Field::text(name), Field::text(model), Field::text(text_at(first, "property")),
                   Field::text(text_at(first, "cell")), Field::text(text_at(first, "scalar")),
                   Field::count(first.at("judged")), Field::count(fault.at("kills").size())},
                  name);
  }
  Table of_properties("Properties, and how many faults break each", {"property", "faults"});
  for (const Json& property : properties)
    of_properties.row(
        {Field::text(text_at(property, "property")), Field::count(property.at("kills"))},
        text_at(property, "property"));
  return fmt::format(
             "<p>{} of {} known faults break a property; {} of {} pairs of a fault and a property "
             "do (seed {}, {} cases of each property, cell and scalar).</p>\n",
             killed, faults.size(), kills, faults.size() * properties.size(),
             json.at("seed").dump(), json.at("cases").dump()) +
         picture(
             "matrix", std::to_string(place),
             "Which of the known faults breaks which property; the tables below say how many "
             "faults break each property, and what finds each fault first.",
             "A column for each known fault, a row for each property. Where there is a mark the "
             "fault breaks the property; the stronger, the earlier the case that shows it. Faults "
             "of a kind stand together, under the letter of their model.") +
         details("Properties, and how many faults break each", of_properties.str()) +
         details("Faults, and what finds each first", of_faults.str());
}

}  // namespace bptt::verify::html
