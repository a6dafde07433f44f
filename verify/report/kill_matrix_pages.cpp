#include "verify/report/kill_matrix_pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "subjects/faults/fault_models.hpp"
#include "verify/report/property_uses.hpp"

namespace bptt::verify {
namespace {

using Json = nlohmann::ordered_json;
using properties::Property;

constexpr int matrix_version = 2;

std::string id_of(const FaultKills& fault) { return std::string(fault_models[fault.row].id); }

std::string ids_of(const KillMatrix& matrix, const std::vector<std::size_t>& faults) {
  std::string text;
  for (const std::size_t k : faults) text += (text.empty() ? "" : ", ") + id_of(matrix.faults[k]);
  return text;
}

constexpr std::string_view head = R"(# The kill matrix

Which fault of the table (`bptt-verify list faults`, `explain`) breaks which property
(`bptt-verify list properties`). Each fault was given {} cases of every property, cell and scalar,
seed {}. Made by one command:

```
bptt-verify matrix --write docs/kill_matrix.md --json docs/kill_matrix.json
```

`bptt-verify check fault:ID --cases {}` shows the cases of one line. *First* is how many cases are
judged until one is broken, one of each property, cell and scalar in turn, and by which property;
properties are numbered as in the second table.

Faults of scale are not in it: in problems as small as these they are right to the last bit.
[faults_of_scale.md](faults_of_scale.md) has them.
)";

constexpr std::string_view summary = R"(
{} of {} faults are killed, by {} properties; {} of {} pairs. Half of the faults are seen within {}
cases, half of the pairs in case {} of {}.

## Faults

| fault | model | first | properties | which |
|---|---|---|---|---|
)";

constexpr std::string_view properties_head = R"(
## Properties

A fault that at most {0} other properties kill is named with those that do.

| no. | property | kills | faults that at most {0} others kill |
|---|---|---|---|
)";

constexpr std::string_view uses_head = R"(
## Properties without a fault of their own

More than {} others kill each fault that these kill. They stay because of this:

| property | use |
|---|---|
)";

constexpr std::string_view specification_text = R"(
Not in the tables, since no subject enters them, are the properties of the reference itself:
{}. They are broken by breaking `reference/`.
)";

std::string head_of(const KillMatrix& matrix) {
  const auto killed = std::count_if(matrix.faults.begin(), matrix.faults.end(),
                                    [](const FaultKills& f) { return !f.kills.empty(); });
  std::size_t kills = 0;
  for (const FaultKills& fault : matrix.faults) kills += fault.kills.size();
  return fmt::format(head, matrix.cases, matrix.seed, matrix.cases) +
         fmt::format(summary, killed, matrix.faults.size(), matrix.properties.size(), kills,
                     matrix.faults.size() * matrix.properties.size(), matrix.median_judged(),
                     matrix.median_first(), matrix.cases);
}

std::string properties_table(const KillMatrix& matrix) {
  std::string text = fmt::format(properties_head, few_others);
  for (std::size_t k = 0; k < matrix.properties.size(); ++k)
    text +=
        fmt::format("| {} | {} | {} | {} |\n", k + 1, matrix.properties[k]->id,
                    matrix.killed_by(k).size(), ids_of(matrix, matrix.killed_by(k, few_others)));
  return text;
}

std::string uses_table(const KillMatrix& matrix) {
  std::string text = fmt::format(uses_head, rare_kill_others);
  for (std::size_t k = 0; k < matrix.properties.size(); ++k) {
    const std::string_view id = matrix.properties[k]->id;
    if (!matrix.killed_by(k, rare_kill_others).empty()) continue;
    const auto uses = property_uses();
    const auto use = std::find_if(uses.begin(), uses.end(),
                                  [&](const PropertyUse& u) { return u.property == id; });
    text += fmt::format("| {} | {} |\n", id, use == uses.end() ? "" : use->use);
  }
  return text;
}

std::string specification_list() {
  std::string ids;
  for (const Property& property : properties::catalogue())
    if (property.about == properties::About::specification)
      ids += fmt::format("{}`{}`", ids.empty() ? "" : ", ", property.id);
  return fmt::format(specification_text, ids);
}

}  // namespace

std::string fault_line(const FaultKills& fault) {
  std::string by, first = "never";
  for (const Kill& kill : fault.kills)
    by += (by.empty() ? "" : " ") + std::to_string(kill.property + 1);
  if (!fault.kills.empty())
    first = fmt::format("{} ({})", fault.judged_until_first(), fault.first().property + 1);
  return fmt::format("| {} | {} | {} | {} | {} |\n", id_of(fault), fault_models[fault.row].model,
                     first, fault.kills.size(), by);
}

std::string markdown_of(const KillMatrix& matrix) {
  std::string text = head_of(matrix);
  for (const FaultKills& fault : matrix.faults) text += fault_line(fault);
  return text + properties_table(matrix) + uses_table(matrix) + specification_list();
}

std::string json_of(const KillMatrix& matrix, std::string_view program) {
  // One line for each entry: what changed is seen in a comparison of two versions.
  const auto lines = [](const std::vector<Json>& entries) {
    std::string text;
    for (const Json& entry : entries) text += (text.empty() ? "\n    " : ",\n    ") + entry.dump();
    return "[" + text + "\n  ]";
  };
  std::vector<Json> properties, faults;
  for (std::size_t k = 0; k < matrix.properties.size(); ++k)
    properties.push_back(
        {{"property", matrix.properties[k]->id}, {"kills", matrix.killed_by(k).size()}});
  for (const FaultKills& fault : matrix.faults) {
    Json kills = Json::object(), first;
    for (const Kill& kill : fault.kills)
      kills[std::string(matrix.properties[kill.property]->id)] = kill.first;
    if (!fault.kills.empty())
      first = {{"judged", fault.judged_until_first()},
               {"case", fault.first().first},
               {"property", matrix.properties[fault.first().property]->id},
               {"cell", bptt::name_of(fault.first().cell)},
               {"scalar", bptt::name_of(fault.first().scalar)}};
    faults.push_back({{"fault", id_of(fault)},
                      {"model", fault_models[fault.row].model},
                      {"first", first},
                      {"kills", kills}});
  }
  return fmt::format(
      "{{\n  \"schema\": \"bptt-verify/matrix\",\n  \"version\": {},\n  \"program\": {},\n"
      "  \"seed\": {},\n  \"cases\": {},\n  \"properties\": {},\n  \"faults\": {}\n}}\n",
      matrix_version, Json(program).dump(), matrix.seed, matrix.cases, lines(properties),
      lines(faults));
}

}  // namespace bptt::verify
