// The functions of one or two arrays that a line may apply, element by element.
#pragma once

#include <optional>
#include <string_view>

#include "cells/program.hpp"

namespace bptt::cells {

[[nodiscard]] std::string_view name_of(Function function);
[[nodiscard]] int arity_of(Function function);
/// Of a name that a cell's file may use; nothing for another.
[[nodiscard]] std::optional<Function> function_named(std::string_view name);
/// "tanh sigmoid exp ..".
[[nodiscard]] std::string names_of_functions();

/// Writes the lines by which the gradient of a function's arguments follows from that of its value.
class Gradients {
 public:
  virtual ~Gradients() = default;
  /// The value y and an argument of the line that is reversed, to be read.
  [[nodiscard]] virtual Place value() const = 0;
  [[nodiscard]] virtual Place argument(int k) const = 0;
  /// A new array with the letters of y, by a line of its own.
  virtual Place sum(std::string_view name, std::vector<Term> terms) = 0;
  virtual Place apply(std::string_view name, Function function, std::vector<Place> arguments) = 0;
  /// d argument[k] += dy * factor * the product of what is read.
  virtual void give(int k, std::vector<Place> reads, Number factor = {}) = 0;
  /// d argument[k] += function(dy, other).
  virtual void give_where(int k, Function function, Place other) = 0;
};

/// The rule of one line y = function(arguments). Slopes are formed from y where they can be.
void reverse_function(Function function, Gradients& to);

}  // namespace bptt::cells
