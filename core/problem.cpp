#include "core/problem.hpp"

namespace bptt {

const CellArray& array_of(Cell cell, std::string_view name) {
  if (const CellArray* array = table_of(cell).find(name)) return *array;
  throw Error("the " + std::string(name_of(cell)) + " has no array named " + std::string(name));
}

}  // namespace bptt
