// A convention: how somebody else's arrays hold those of a cell. It is data, a text of one line an
// array:
//
//   convention pytorch
//   cell lstm
//   weight_ih [array i, k] = Wi[i, j+k] Wf Wc Wo
//
// To the left stands their array, its axes in their order, the last one running fastest; to the
// right our arrays that lie in it, or 0 for zeros. Letters name the axes of ours. "array i" is an
// axis on which one block of i follows another for each array to the right; "k+j", first k, then j.
// So is "j+k" of ours: each letter has one size of the axis, the last one the rest. What their
// array does not name, of "j+k", is not in it. `sample` and `step` are what they say; a state
// without `step` is the last one. `layer` and `direction` are blocks, or axes, too; an array that
// does not name them is there once for each. "1" is an axis of one. In one layer a letter has one
// extent.
//
// No numbers here, and no calls: layout.hpp says where each number lies, copy.hpp brings it there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/embedded_file.hpp"

namespace bptt {

/// An axis, of words one after another: with +, parts that follow one another; else blocks within
/// blocks. "1" has no words.
struct ConventionAxis {
  std::vector<std::string> words;
  bool parts = false;
};

/// One array to the right, its axes as its cell has them, but for samples and steps. Empty: zeros.
struct ConventionPiece {
  std::string name;
  std::vector<ConventionAxis> axes;
};

struct ConventionArray {
  std::string name;
  std::vector<ConventionAxis> axes;
  std::vector<ConventionPiece> pieces;
  std::string where;  // "file:line:column: ", for messages

  [[nodiscard]] bool has(std::string_view word) const;
};

/// Of one cell.
struct ConventionCell {
  std::string name;
  std::vector<ConventionArray> arrays;
};

struct Convention {
  std::string name, title;
  std::vector<ConventionCell> cells;

  /// Throws UnsupportedError with the cells that are there.
  [[nodiscard]] const ConventionCell& cell(std::string_view cell) const;
};

/// Throws FormatError "file:line:column: what is wrong".
[[nodiscard]] Convention parse_convention(std::string_view text, const std::string& file);

/// Those that come with the project: the files of subjects/conventions.
[[nodiscard]] std::vector<EmbeddedFile> convention_files();
/// Throws UnsupportedError with the names that are there.
[[nodiscard]] const Convention& convention_named(std::string_view name);

}  // namespace bptt
