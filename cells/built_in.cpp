#include "cells/built_in.hpp"

#include <string>

#include "cells/parse.hpp"
#include "core/error.hpp"

namespace bptt::cells {

const std::vector<Definition>& built_in() {
  static const std::vector<Definition> all = [] {
    std::vector<Definition> cells;
    for (const EmbeddedFile& file : built_in_files())
      cells.push_back(parse(file.text(), std::string(file.name) + ".cell"));
    return cells;
  }();
  return all;
}

const Definition& built_in(std::string_view name) {
  std::string known;
  for (const Definition& cell : built_in()) {
    if (cell.name == name) return cell;
    known += (known.empty() ? "" : ", ") + cell.name;
  }
  throw UnsupportedError("there is no cell '" + std::string(name) + "'; they are " + known);
}

}  // namespace bptt::cells
