#include "verify/report/listing.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cells/network.hpp"
#include "properties/property.hpp"
#include "properties/published_cases.hpp"
#include "subjects/registry.hpp"

namespace bptt::verify {
namespace {

using Json = nlohmann::ordered_json;

/// name, padded, then a description.
std::string two_columns(const Json& list, const std::string& left, const std::string& right) {
  std::size_t width = 0;
  for (const Json& item : list) width = std::max(width, item[left].get<std::string>().size());
  std::string text;
  for (const Json& item : list)
    text += fmt::format("{:<{}}  {}\n", item[left].get<std::string>(), width,
                        item[right].get<std::string>());
  return text;
}

/// The built-in cells that a property speaks of.
std::vector<std::string_view> cells_of(const properties::Property& property) {
  std::vector<std::string_view> names;
  for (const Cell cell : cells::built_in_cells())
    if (property.of == nullptr || property.of(cell)) names.push_back(bptt::name_of(cell));
  return names;
}

}  // namespace

std::string list_properties(bool json) {
  Json list = Json::array();
  for (const properties::Property& p : properties::catalogue())
    list.push_back({{"property", p.id},
                    {"sentence", p.sentence},
                    {"mathematics", p.mathematics},
                    {"exactness", name_of(p.exactness)},
                    {"about", p.about == properties::About::subject ? "subject" : "specification"},
                    {"cells", cells_of(p)}});
  if (json) return list.dump(2) + "\n";
  std::string text;
  for (const properties::Property& p : properties::catalogue())
    text +=
        fmt::format("{}  ({}, {}{})\n    {}\n    {}\n", p.id, name_of(p.exactness),
                    p.of == nullptr ? "every cell" : fmt::format("{}", fmt::join(cells_of(p), " ")),
                    p.about == properties::About::specification ? ", of the reference" : "",
                    p.sentence, p.mathematics);
  return text;
}

std::string list_subjects(bool json) {
  Json list = Json::array();
  const auto add = [&](const std::vector<std::string>& names, bool correct) {
    for (const std::string& name : names)
      list.push_back({{"subject", name},
                      {"description", make_subject(name)->description()},
                      {"meant_to_be_right", correct}});
  };
  add(subject_names(), true);
  add(fault_names(), false);
  add(scale_fault_names(), false);
  return json ? list.dump(2) + "\n" : two_columns(list, "subject", "description");
}

std::string list_cases(bool json) {
  Json list = Json::array();
  for (const properties::PublishedCase& p : properties::published_cases())
    list.push_back({{"case", p.name},
                    {"description", p.description},
                    {"cell", bptt::name_of(p.cell)},
                    {"n_x", p.sizes.n_x},
                    {"n_a", p.sizes.n_a},
                    {"m", p.sizes.m},
                    {"T_x", p.sizes.T_x},
                    {"T_da", p.sizes.T_da}});
  return json ? list.dump(2) + "\n" : two_columns(list, "case", "description");
}

}  // namespace bptt::verify
