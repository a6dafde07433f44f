#include "cells/cpp_names.hpp"

#include <algorithm>
#include <set>

#include "cells/formulas.hpp"

namespace bptt::cells {
namespace {

/// Words of C++, and of the file that is written.
bool is_taken(const std::string& name) {
  static const std::set<std::string> words{
      "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break",
      "case", "catch", "char", "char8_t", "char16_t", "char32_t", "class", "compl", "concept",
      "const", "consteval", "constexpr", "constinit", "const_cast", "continue", "co_await",
      "co_return", "co_yield", "decltype", "default", "delete", "do", "double", "dynamic_cast",
      "else", "enum", "explicit", "export", "extern", "false", "float", "for", "friend", "goto",
      "if", "inline", "int", "long", "mutable", "namespace", "new", "noexcept", "not", "not_eq",
      "nullptr", "operator", "or", "or_eq", "private", "protected", "public", "register",
      "reinterpret_cast", "requires", "return", "short", "signed", "sizeof", "static",
      "static_assert", "static_cast", "struct", "switch", "template", "this", "thread_local",
      "throw", "true", "try", "typedef", "typeid", "typename", "union", "unsigned", "using",
      "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq",
      // macros of <cmath>, and what POSIX systems have as macros
      "NAN", "INFINITY", "HUGE_VAL", "errno", "unix", "linux", "std",
      // of the file
      "Array", "Gradients", "Index", "Inputs", "Local", "Losses", "Real", "Sizes", "Steps",
      "backward", "forward", "in", "out", "losses", "size", "steps", "t", "T_x", "T_da", "e",
      "sigmoid", "relu", "step", "larger", "is_larger", "is_smaller"};
  return words.contains(name);
}

std::string unused(std::string name, std::set<std::string>& used) {
  while (is_taken(name) || used.contains(name)) name += "_";
  used.insert(name);
  return name;
}

}  // namespace

std::string CppNames::allowed(std::string name) { return is_taken(name) ? name + "_" : name; }

CppNames::CppNames(const Program& program) : program_(program) {
  std::set<std::string> used;
  for (const Letter& letter : program.letters)
    for (const std::string& size : letter.extent.sizes)
      if (std::find(sizes_.begin(), sizes_.end(), size) == sizes_.end()) {
        sizes_.push_back(size);
        used.insert(size);
      }
  samples_ = unused("m", used);
  const Formulas formulas(program, Style::plain);
  for (std::size_t k = 0; k < program.arrays.size(); ++k)
    arrays_.push_back(unused(formulas.plain_name(static_cast<int>(k)), used));
  for (const Letter& letter : program.letters) letters_.push_back(unused(letter.name, used));
  letters_.push_back(unused("s", used));
}

std::string CppNames::extent(std::size_t letter) const {
  if (letter == program_.letters.size()) return samples_;
  std::string text;
  for (const auto& size : program_.letters[letter].extent.sizes)
    text += (text.empty() ? "" : " + ") + size;
  return text.empty() ? "0" : text;
}

}  // namespace bptt::cells
