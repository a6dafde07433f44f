// A cell's arrays where its C++ is written: what they are called, how large they are, and which of
// them outlive a step.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "cells/cpp_names.hpp"
#include "cells/formulas.hpp"
#include "cells/reverse.hpp"
#include "cells/signature.hpp"

namespace bptt::cells {

struct CppArrays {
  const Program& step;
  Reversal back;
  CppNames names;
  Formulas formulas;
  Signature of;
  std::vector<int> kept;  // local arrays whose values the way back reads

  explicit CppArrays(const Program& forward)
      : step(forward),
        back(reverse(forward)),
        names(back.program),
        formulas(back.program, Style::plain),
        of(forward) {}
  CppArrays(const CppArrays&) = delete;
  CppArrays& operator=(const CppArrays&) = delete;

  [[nodiscard]] const Array& array(int k) const { return back.program.arrays[index(k)]; }
  [[nodiscard]] int gradient_of(int k) const { return back.gradient_of[index(k)]; }
  [[nodiscard]] int base_of(int before) const {  // a, of a'
    const std::string& name = array(before).name;
    return step.array(name.substr(0, name.size() - 1));
  }
  /// As a member of a struct.
  [[nodiscard]] std::string member(int k, const std::string& before = "",
                                   const std::string& behind = "") const {
    return CppNames::allowed(before + array(k).name + behind);
  }

  [[nodiscard]] std::vector<std::string> extents(int k) const {
    std::vector<std::string> result;
    for (const int letter : array(k).axes) result.push_back(names.extent(index(letter)));
    if (array(k).of_samples) result.push_back(names.samples());
    return result;
  }
  [[nodiscard]] std::string count(int k) const {
    std::string text;
    for (const auto& one : extents(k))
      text += (text.empty() ? "" : " * ") +
              (one.find(' ') == std::string::npos ? one : "(" + one + ")");
    return text.empty() ? "1" : text;
  }
  /// All but the last, as what follows a pointer.
  [[nodiscard]] std::string leading(int k) const {
    const auto all = extents(k);
    std::string text;
    for (std::size_t axis = 0; axis + 1 < all.size(); ++axis) text += ", " + all[axis];
    return text;
  }
  [[nodiscard]] std::string shape(int k, const std::string& steps = "") const {
    std::string text = formulas.shape(k);
    if (!steps.empty()) text.insert(text.size() - 1, (text == "()" ? "" : ", ") + steps);
    return text;
  }
  [[nodiscard]] int before_of(int state) const { return step.array(array(state).name + "'"); }
  [[nodiscard]] bool is_kept(int k) const {
    return std::find(kept.begin(), kept.end(), k) != kept.end();
  }

 private:
  static std::size_t index(int k) { return static_cast<std::size_t>(k); }
};

}  // namespace bptt::cells
