// What the things of a cell are called in C++.
#pragma once

#include <string>
#include <vector>

#include "cells/program.hpp"

namespace bptt::cells {

/// Names for C++: none is a word of the language, of the file around it, or that of another thing.
class CppNames {
 public:
  explicit CppNames(const Program& program);

  [[nodiscard]] const std::string& array(int k) const {
    return arrays_[static_cast<std::size_t>(k)];
  }
  /// Of a letter, or of the sample as the last of them.
  [[nodiscard]] const std::string& letter(std::size_t k) const { return letters_[k]; }
  /// "n_a + n_x"; of the sample the number of samples.
  [[nodiscard]] std::string extent(std::size_t letter) const;
  /// As it is, or with "_" behind it: of a thing that stands in a struct, or is a cell's name.
  [[nodiscard]] static std::string allowed(std::string name);

  /// Of every size of the cell.
  [[nodiscard]] const std::vector<std::string>& sizes() const { return sizes_; }
  [[nodiscard]] const std::string& samples() const { return samples_; }

 private:
  const Program& program_;
  std::vector<std::string> arrays_, letters_, sizes_;
  std::string samples_;
};

}  // namespace bptt::cells
