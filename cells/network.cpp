#include "cells/network.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "cells/built_in.hpp"
#include "cells/functions.hpp"
#include "cells/lengths.hpp"
#include "cells/reverse.hpp"
#include "cells/signature.hpp"
#include "cells/stacked.hpp"

namespace bptt::cells {
namespace {

/// "gru_both_x2_lengths": two layers of both directions of the GRU, of samples that end one by one.
struct Stacked {
  std::string one;
  Direction direction = Direction::forwards;
  int layers = 1;
  bool lengths = false;

  [[nodiscard]] bool is_one() const {
    return layers == 1 && direction == Direction::forwards && !lengths;
  }
};

/// Definitions of cells that are not built in, by their numbers.
struct Added {
  std::mutex mutex;
  std::map<Cell, std::unique_ptr<const Definition>> definitions;
  std::map<Cell, Stacked> stacked;
};
Added& added() {
  static Added all;
  return all;
}

/// Under the lock.
Cell number_of(const Definition& cell) {
  const Cell number = bptt::add_cell(table_of(cell));
  added().definitions[number] = std::make_unique<const Definition>(cell);
  return number;
}

constexpr std::string_view of_lengths = "_lengths";
constexpr std::pair<std::string_view, Direction> suffixes[] = {{"_reverse", Direction::reverse},
                                                               {"_both", Direction::both}};

Stacked stacked_in(std::string_view name) {
  Stacked of;
  of.lengths = name.ends_with(of_lengths);
  if (of.lengths) name.remove_suffix(of_lengths.size());
  const std::size_t x = name.size() < 4 ? std::string_view::npos : name.size() - 3;
  if (x != std::string_view::npos && name.substr(x, 2) == "_x" && name.back() >= '2' &&
      name.back() <= '9') {
    of.layers = name.back() - '0';
    name.remove_suffix(3);
  }
  for (const auto& [suffix, direction] : suffixes)
    if (of.direction == Direction::forwards && name.ends_with(suffix)) {
      of.direction = direction;
      name.remove_suffix(suffix.size());
    }
  of.one = name;
  return of;
}

std::string name_of(const Stacked& of) {
  std::string name = of.one;
  for (const auto& [suffix, direction] : suffixes)
    if (of.direction == direction) name += suffix;
  if (of.layers > 1) name += "_x" + std::to_string(of.layers);
  if (of.lengths) name += of_lengths;
  return name;
}

std::vector<CellTable::NamedSize> sizes_of(const Program& step, const std::string& cell) {
  std::vector<CellTable::NamedSize> sizes;
  std::vector<Size> free{&Sizes::n_c, &Sizes::n_b, &Sizes::n_a};
  const auto known = [&](const std::string& name) {
    return std::any_of(sizes.begin(), sizes.end(), [&](const auto& s) { return s.name == name; });
  };
  for (const Letter& letter : step.letters)
    for (const std::string& name : letter.extent.sizes) {
      if (known(name)) continue;
      if (name == "n_x") {
        sizes.insert(sizes.begin(), {name, &Sizes::n_x});
      } else if (free.empty()) {
        throw UnsupportedError("the cell " + cell + " has more than three sizes beside n_x; " +
                               name + " is one too many");
      } else {
        sizes.push_back({name, free.back()});
        free.pop_back();
      }
    }
  return sizes;
}

/// Whether the lines of the way back read each array of the step.
std::vector<bool> read_on_the_way_back(const Definition& cell) {
  const Program step = cell.activations.empty() ? cell.step : cell.with(cell.activations.front());
  std::vector<bool> read(step.arrays.size(), false);
  const auto note = [&](const Place& place) {
    const auto array = static_cast<std::size_t>(place.array);
    if (array < read.size()) read[array] = true;
  };
  for (const Line& line : reverse(step).program.lines) {
    for (const Term& term : line.terms) std::for_each(term.reads.begin(), term.reads.end(), note);
    std::for_each(line.arguments.begin(), line.arguments.end(), note);
  }
  return read;
}

/// Its only lines are those of a stack: it has the numbers of other arrays.
bool is_stack(const Program& step, int array) {
  int parts = 0;
  for (const Line& line : step.lines) {
    if (line.to.array != array) continue;
    const bool copies = line.function == Function::sum && line.terms.size() == 1 &&
                        line.terms[0].reads.size() == 1 && line.terms[0].factor == Number{};
    if (!copies) return false;
    ++parts;
  }
  return parts > 1;
}

/// Of one that is not stacked: one layer forwards.
Stacked how_stacked(Cell cell) {
  const std::lock_guard lock(added().mutex);
  const auto found = added().stacked.find(cell);
  return found == added().stacked.end() ? Stacked() : found->second;
}

}  // namespace

CellTable table_of(const Definition& cell) {
  const Program& step = cell.step;
  const auto sizes = sizes_of(step, cell.name);
  const auto extent = [&](int letter) {
    bptt::Axis of;
    for (const std::string& name : step.letters[static_cast<std::size_t>(letter)].extent.sizes)
      of.push_back(std::find_if(sizes.begin(), sizes.end(), [&](const auto& s) {
                     return s.name == name;
                   })->size);
    return of;
  };
  const std::vector<bool> read = read_on_the_way_back(cell);
  std::vector<OwnArray> own;
  for (std::size_t k = 0; k < step.arrays.size(); ++k) {
    const Array& array = step.arrays[k];
    OwnArray of{array.name, bptt::Role::kept, {}};
    of.backwards = step.goes_backwards(step.pass_of(static_cast<int>(k)));
    for (const int letter : array.axes) of.axes.push_back(extent(letter));
    for (const Range& range : cell.ranges)
      if (range.array == array.name) of.low = range.low, of.high = range.high;
    switch (array.role) {
      case Role::input: of.role = bptt::Role::input; break;
      case Role::weight: of.role = bptt::Role::weight; break;
      case Role::state: of.role = bptt::Role::state; break;
      case Role::output: of.role = bptt::Role::output; break;
      case Role::mask: of.role = bptt::Role::mask; break;
      case Role::local:
        if (!array.named || !read[k] || is_stack(step, static_cast<int>(k))) continue;
        break;
      default: continue;
    }
    own.push_back(std::move(of));
  }
  std::vector<Activation> activations;
  for (const Activation g : {Activation::tanh, Activation::relu, Activation::identity})
    if (std::find(cell.activations.begin(), cell.activations.end(), function_named(name_of(g))) !=
        cell.activations.end())
      activations.push_back(g);
  std::vector<std::string> seen;
  for (const int k : Signature(step).seen)
    seen.push_back(step.arrays[static_cast<std::size_t>(k)].name);
  return {cell.name, sizes, own, seen, activations};
}

Cell add_cell(const Definition& cell) {
  Added& all = added();
  const std::lock_guard lock(all.mutex);
  for (const Definition& known : built_in())
    if (known.name == cell.name)
      throw Error("the cell " + cell.name + " is built in; give this one another name");
  return number_of(cell);
}

Cell cell_named(std::string_view name) {
  if (const auto known = find_cell(name)) return *known;
  if (const Stacked of = stacked_in(name); !of.is_one()) {
    if (!stacked_in(of.one).is_one())
      throw UnsupportedError(
          "there are no layers of layers, and no directions of those: '" + std::string(name) +
          "'; gru_both_x2_lengths has two layers of two directions, and lengths");
    Definition cell = definition_of(cell_named(of.one));
    if (of.layers > 1 || of.direction != Direction::forwards)
      cell = stacked(cell, of.layers, of.direction);
    if (of.lengths) cell = with_lengths(cell);
    const std::lock_guard lock(added().mutex);
    if (const auto known = find_cell(name)) return *known;
    const Cell number = number_of(cell);
    added().stacked[number] = of;
    return number;
  }
  const Definition& cell = built_in(name);
  const std::lock_guard lock(added().mutex);
  if (const auto known = find_cell(name)) return *known;
  return bptt::add_cell(table_of(cell));
}

std::optional<Cell> known_cell(std::string_view name) {
  try {
    return cell_named(name);
  } catch (const UnsupportedError&) {
    return std::nullopt;
  }
}

std::optional<Layers> layers_of(Cell cell) {
  Stacked of = how_stacked(cell);
  if (of.layers == 1) return std::nullopt;
  const int count = std::exchange(of.layers, 1);
  return Layers{cell_named(name_of(of)), count};
}

std::optional<OneWay> one_way_of(Cell cell) {
  Stacked of = how_stacked(cell);
  const Direction direction = std::exchange(of.direction, Direction::forwards);
  // On time turned round a sample would begin late, not end early.
  if (of.lengths || direction == Direction::forwards ||
      (direction == Direction::both && of.layers > 1))
    return std::nullopt;
  return OneWay{cell_named(name_of(of)), direction};
}

Direction direction_of(Cell cell) { return how_stacked(cell).direction; }

std::optional<Cell> without_lengths(Cell cell) {
  Stacked of = how_stacked(cell);
  if (!std::exchange(of.lengths, false)) return std::nullopt;
  return cell_named(name_of(of));
}

std::vector<Cell> built_in_cells() {
  std::vector<Cell> cells{Cell::rnn, Cell::lstm};
  for (const Definition& cell : built_in())
    if (const Cell number = cell_named(cell.name); number != Cell::rnn && number != Cell::lstm)
      cells.push_back(number);
  return cells;
}

const Definition& definition_of(Cell cell) {
  {
    Added& all = added();
    const std::lock_guard lock(all.mutex);
    const auto found = all.definitions.find(cell);
    if (found != all.definitions.end()) return *found->second;
  }
  return built_in(name_of(cell));
}

Program step_of(Cell cell, Activation activation) {
  return definition_of(cell).with(*function_named(name_of(activation)));
}

Extents extents_of(Cell cell, const Sizes& sizes) {
  Extents extents;
  for (const auto& [name, size] : bptt::table_of(cell).sizes()) extents.add(name, sizes.*size);
  return extents;
}

bool is_causal(Cell cell) { return definition_of(cell).step.is_causal(); }

bool compares_nothing(Cell cell) {
  const auto& lines = definition_of(cell).step.lines;
  return std::none_of(lines.begin(), lines.end(), [](const Line& line) {
    return line.function == Function::larger || line.function == Function::relu;
  });
}

bool has_exact_sums(Cell cell, Activation activation) {
  static std::mutex mutex;
  static std::map<std::pair<Cell, Activation>, bool> known;
  const std::lock_guard lock(mutex);
  const auto [found, fresh] = known.try_emplace({cell, activation}, false);
  if (fresh) {
    const Program step = step_of(cell, activation);
    found->second = std::all_of(step.lines.begin(), step.lines.end(), [](const Line& line) {
      return line.function == Function::sum || line.function == Function::identity ||
             line.function == Function::relu;
    });
  }
  return found->second;
}

bool may_have_exact_sums(Cell cell) {
  const auto& open = bptt::table_of(cell).activations();
  if (open.empty()) return has_exact_sums(cell, Activation::tanh);
  return std::any_of(open.begin(), open.end(),
                     [&](Activation g) { return has_exact_sums(cell, g); });
}

}  // namespace bptt::cells
