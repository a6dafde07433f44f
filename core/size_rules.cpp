#include "core/size_rules.hpp"

#include <algorithm>
#include <sstream>
#include <string>

#include "core/error.hpp"

namespace bptt {
namespace {

Size size_named(Cell cell, std::string_view name) {
  for (const auto& size : table_of(cell).sizes())
    if (size.name == name) return size.size;
  return nullptr;
}

}  // namespace

std::vector<SizeRule> size_rules_of(std::string_view text, const std::vector<Cell>& cells,
                                    bool others) {
  std::vector<SizeRule> rules;
  std::istringstream all{std::string(text)};
  for (std::string one; std::getline(all, one, ',');) {
    std::istringstream words(one);
    std::string left, relation, right, more;
    words >> left >> relation >> right;
    if ((relation != "<" && relation != "=") || right.empty() || (words >> more))
      throw Error("'" + one + "' is not of the form 'n_x < n_a' or 'n_x = n_a'");
    const std::size_t before = rules.size();
    for (const Cell cell : cells) {
      const Size l = size_named(cell, left), r = size_named(cell, right);
      if (l != nullptr && r != nullptr) rules.push_back({cell, l, relation == "=", r});
    }
    if (rules.size() > before || others) continue;
    std::string known;
    for (const Cell cell : cells) {
      known += (known.empty() ? "" : "; ") + std::string(name_of(cell)) + ":";
      for (const auto& size : table_of(cell).sizes()) known += " " + size.name;
    }
    throw Error("'" + one + "': no cell has both sizes (" + known + ")");
  }
  return rules;
}

bool keeps(const std::vector<SizeRule>& rules, Cell cell, const Sizes& sizes) {
  return std::all_of(rules.begin(), rules.end(), [&](const SizeRule& rule) {
    if (rule.cell != cell) return true;
    return rule.equal ? sizes.*rule.left == sizes.*rule.right
                      : sizes.*rule.left < sizes.*rule.right;
  });
}

void settle(const std::vector<SizeRule>& rules, Cell cell, Sizes& sizes) {
  for (const SizeRule& rule : rules) {
    if (rule.cell != cell) continue;
    Index &left = sizes.*rule.left, &right = sizes.*rule.right;
    if (rule.equal) {
      left = right;
    } else {
      right = std::max<Index>(right, 2);
      left = std::min(left, right - 1);
    }
  }
}

}  // namespace bptt
