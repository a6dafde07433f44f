#include "subjects/conventions/layout.hpp"

#include <algorithm>
#include <map>

#include "cells/network.hpp"
#include "core/error.hpp"
#include "core/problem.hpp"

namespace bptt {
namespace {

/// One direction of one layer, and how its arrays' names begin.
struct NetworkPart {
  Index layer, direction;
  std::string prefix;
};

/// What a network is made of.
struct NetworkParts {
  Cell cell;
  std::string one;  // the cell of one layer and one direction
  std::vector<NetworkPart> parts;
  Index layers = 1, directions = 1;

  explicit NetworkParts(Cell network) : cell(network) {
    const auto stack = cells::layers_of(network);
    const Cell layer = stack ? stack->one : network;
    const auto way = cells::one_way_of(layer);
    one = name_of(way ? way->one : layer);
    layers = stack ? stack->count : 1;
    directions = cells::direction_of(layer) == cells::Direction::both ? 2 : 1;
    for (Index l = 1; l <= layers; ++l)
      for (Index d = 0; d < directions; ++d)
        parts.push_back({l, d,
                         cells::prefix_of_layer(static_cast<int>(l)) +
                             (d == 1 ? std::string(cells::prefix_backwards) : "")});
  }
};

[[noreturn]] void refuse(const ConventionArray& line, const std::string& what) {
  throw FormatError(line.where + line.name + ": " + what);
}

using Extents = std::map<std::string, Index>;

void set_extent(Extents& extents, const std::string& word, Index extent,
                const ConventionArray& line) {
  const auto [at, is_new] = extents.emplace(word, extent);
  if (!is_new && at->second != extent)
    refuse(line,
           word + " would be " + std::to_string(at->second) + " and " + std::to_string(extent));
}

/// How far each letter runs: each of "j+k" over one size of our axis, the last over the rest.
std::vector<Index> split(const Axis& axis, std::size_t letters, const Sizes& sizes) {
  std::vector<Index> extents(letters, 0);
  for (std::size_t k = 0; k < axis.size(); ++k) extents[std::min(k, letters - 1)] += sizes.*axis[k];
  return extents;
}

/// Of all letters that stand with an array of this part.
Extents extents_of(const ConventionCell& cell, const NetworkParts& network, const NetworkPart& part,
                   const Sizes& sizes) {
  Extents extents;
  for (const ConventionArray& line : cell.arrays)
    for (const ConventionPiece& piece : line.pieces) {
      if (piece.name.empty()) continue;
      const CellArray* array = table_of(network.cell).find(part.prefix + piece.name);
      if (array == nullptr) continue;  // what the first layer alone has
      if (array->axes.size() != piece.axes.size())
        refuse(line, piece.name + " has " + std::to_string(array->axes.size()) + " axes, not " +
                         std::to_string(piece.axes.size()));
      for (std::size_t k = 0; k < piece.axes.size(); ++k) {
        const std::size_t letters = piece.axes[k].words.size();
        if (letters != 1 && !piece.axes[k].parts)
          refuse(line, "an axis of " + piece.name + " is a letter, or several with + between them");
        if (letters > array->axes[k].size())
          refuse(line, piece.name + " has an axis of " + std::to_string(array->axes[k].size()) +
                           " sizes, and " + std::to_string(letters) + " letters for it");
        const auto runs = split(array->axes[k], letters, sizes);
        for (std::size_t w = 0; w < letters; ++w)
          set_extent(extents, piece.axes[k].words[w], runs[w], line);
      }
    }
  return extents;
}

/// Lays out one line of a convention: one array of theirs for the parts given.
class ArrayLayout {
 public:
  ArrayLayout(const ConventionCell& cell, const ConventionArray& line, const NetworkParts& network,
              const Sizes& sizes, std::vector<NetworkPart> parts)
      : line_(line), network_(network), sizes_(sizes), parts_(std::move(parts)) {
    array_.name = line.name;
    array_.role = Role::weight;
    if (const ConventionPiece* first = named_piece(line)) {
      const CellArray& array = ours(parts_.front(), *first);
      array_.role = array.role;
      array_.last = array.has_steps && !line.has("step");
    }
    extents_ = {{"array", static_cast<Index>(line.pieces.size())},
                {"layer", network.layers},
                {"direction", network.directions},
                {"sample", sizes.m},
                {"step", sizes.T_x}};
    for (const NetworkPart& part : parts_)
      for (const auto& [word, extent] : extents_of(cell, network, part, sizes))
        if (line.has(word)) set_extent(extents_, word, extent, line);
    for (const ConventionAxis& axis : line.axes)
      for (const std::string& word : axis.words)
        if (!extents_.contains(word)) refuse(line, "no array of the cell has the letter " + word);
    find_strides();
    for (const NetworkPart& part : parts_)
      for (std::size_t k = 0; k < line.pieces.size(); ++k)
        if (!line.pieces[k].name.empty()) add_blocks(part, k);
  }
  TheirArray take() { return std::move(array_); }

  /// The first one to the right that is no 0; else nullptr.
  static const ConventionPiece* named_piece(const ConventionArray& line) {
    for (const ConventionPiece& piece : line.pieces)
      if (!piece.name.empty()) return &piece;
    return nullptr;
  }

 private:
  [[nodiscard]] const CellArray& ours(const NetworkPart& part, const ConventionPiece& piece) const {
    const CellArray* array = table_of(network_.cell).find(part.prefix + piece.name);
    if (array == nullptr) refuse(line_, "the cell " + network_.one + " has no array " + piece.name);
    return *array;
  }

  /// Of each word, and where its part of an axis of "k+j" begins.
  void find_strides() {
    Index stride = 1;
    for (auto axis = line_.axes.rbegin(); axis != line_.axes.rend(); ++axis) {
      Index extent = axis->parts ? 0 : 1;
      const auto place = [&](const std::string& word, Index of_word, Index offset) {
        if (!strides_.emplace(word, of_word).second) refuse(line_, word + " stands there twice");
        offsets_[word] = offset;
      };
      if (axis->parts)
        for (const std::string& word : axis->words) {
          place(word, stride, extent * stride);
          extent += extents_.at(word);
        }
      else
        for (auto word = axis->words.rbegin(); word != axis->words.rend(); ++word) {
          place(*word, stride * extent, 0);
          extent *= extents_.at(*word);
        }
      array_.extents.insert(array_.extents.begin(), extent);
      stride *= extent;
    }
    if (line_.pieces.size() > 1 && !strides_.contains("array"))
      refuse(line_, "it holds several arrays and says nowhere where each is: 'array'");
    if (!strides_.contains("sample") && array_.role != Role::weight)
      refuse(line_, "it says nowhere where each sample is: 'sample'");
  }

  /// Of one array of ours: every combination of parts of its axes that theirs names.
  void add_blocks(const NetworkPart& part, std::size_t piece_number) {
    const ConventionPiece& piece = line_.pieces[piece_number];
    const CellArray& one = ours(part, piece);
    if (one.role != array_.role)
      refuse(line_, piece.name + " has another role than the arrays before");
    TheirBlock block;
    block.name = part.prefix + piece.name;
    const auto at = [&](const char* word, Index value) {
      if (strides_.contains(word)) block.offset += value * strides_.at(word);
    };
    at("array", static_cast<Index>(piece_number));
    at("layer", part.layer - 1);
    at("direction", part.direction);
    if (one.has_samples) set_stride(block, one.sample_axis(), "sample");
    if (one.has_steps) {
      if (array_.last) {
        const Index t = one.last_step(sizes_.T_x);
        block.ranges.push_back({one.step_axis(), t, t + 1});
      } else {
        set_stride(block, one.step_axis(), "step");
      }
    }
    add_axis(std::move(block), piece, one, 0);
  }
  void set_stride(TheirBlock& block, Index axis, const std::string& word) {
    block.strides[static_cast<std::size_t>(axis)] = strides_.at(word);
  }
  void add_axis(TheirBlock block, const ConventionPiece& piece, const CellArray& one,
                std::size_t axis) {
    if (axis == piece.axes.size()) {
      array_.blocks.push_back(std::move(block));
      return;
    }
    const ConventionAxis& letters = piece.axes[axis];
    const auto extents = split(one.axes[axis], letters.words.size(), sizes_);
    Index first = 0;
    for (std::size_t k = 0; k < letters.words.size(); ++k) {
      const std::string& word = letters.words[k];
      if (strides_.contains(word)) {
        TheirBlock next = block;
        next.ranges.push_back({static_cast<Index>(axis), first, first + extents[k]});
        next.offset += offsets_.at(word);
        set_stride(next, static_cast<Index>(axis), word);
        add_axis(std::move(next), piece, one, axis + 1);
      }
      first += extents[k];
    }
  }

  const ConventionArray& line_;
  const NetworkParts& network_;
  const Sizes& sizes_;
  std::vector<NetworkPart> parts_;
  Extents extents_, strides_, offsets_;
  TheirArray array_;
};

/// The parts whose arrays one line means, those of one array together.
std::vector<std::vector<NetworkPart>> parts_of(const ConventionArray& line,
                                               const NetworkParts& network) {
  std::vector<NetworkPart> there = network.parts;
  if (const ConventionPiece* piece = ArrayLayout::named_piece(line)) {
    const auto array = [&](const NetworkPart& part) {
      return table_of(network.cell).find(part.prefix + piece->name);
    };
    std::erase_if(there, [&](const NetworkPart& part) { return array(part) == nullptr; });
    if (there.empty()) refuse(line, "the cell " + network.one + " has no array " + piece->name);
    const Role role = array(there.front())->role;
    if ((role == Role::state || role == Role::output) && line.has("step") && !line.has("layer"))
      std::erase_if(there, [&](const NetworkPart& part) {  // what the last layer gives
        return part.layer != network.layers;
      });
  }
  std::map<std::pair<Index, Index>, std::vector<NetworkPart>> arrays;
  for (const NetworkPart& part : there)
    arrays[{line.has("layer") ? 0 : part.layer, line.has("direction") ? 0 : part.direction}]
        .push_back(part);
  std::vector<std::vector<NetworkPart>> result;
  for (auto& [at, parts] : arrays) result.push_back(std::move(parts));
  return result;
}

/// Everything that is given to the network is there, once.
void require_whole(const Convention& convention, const NetworkParts& network, const Sizes& sizes,
                   const std::vector<TheirArray>& arrays) {
  std::map<std::string, Index> there;
  for (const TheirArray& array : arrays)
    for (const TheirBlock& block : array.blocks) {
      Shape shape;
      const Shape whole = shape_of(network.cell, block.name, sizes);
      for (Index k = 0; k < whole.rank(); ++k) {
        Index extent = whole[k];
        for (const TheirBlock::Range& range : block.ranges)
          if (range.axis == k) extent = range.last - range.first;
        shape.append(extent);
      }
      there[block.name] += shape.size();
    }
  for (const std::string& name : given_names(network.cell)) {
    const Index size = shape_of(network.cell, name, sizes).size();
    if (there[name] != size)
      throw FormatError("the convention " + convention.name + " has " +
                        std::to_string(there[name]) + " of the " + std::to_string(size) +
                        " numbers of " + name + ", of the cell " + network.one);
  }
}

}  // namespace

Index TheirArray::size() const {
  Index size = 1;
  for (const Index extent : extents) size *= extent;
  return size;
}

std::vector<TheirArray> their_arrays(const Convention& convention, Cell network,
                                     const Sizes& sizes) {
  const NetworkParts of(network);
  std::vector<TheirArray> arrays;
  const ConventionCell& cell = convention.cell(of.one);
  for (const ConventionArray& line : cell.arrays) {
    auto each = parts_of(line, of);
    for (auto& parts : each) {
      const NetworkPart first = parts.front();
      arrays.push_back(ArrayLayout(cell, line, of, sizes, std::move(parts)).take());
      if (each.size() == 1) continue;
      arrays.back().layer = line.has("layer") ? 1 : first.layer;
      arrays.back().direction = line.has("direction") ? 0 : first.direction;
    }
  }
  std::stable_sort(arrays.begin(), arrays.end(), [](const TheirArray& a, const TheirArray& b) {
    return std::pair(a.layer, a.direction) < std::pair(b.layer, b.direction);
  });
  require_whole(convention, of, sizes, arrays);
  return arrays;
}

}  // namespace bptt
