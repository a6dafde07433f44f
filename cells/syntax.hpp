// The text of a line as a tree, before it is known what its names mean.
//   expression = ["-"] term {("+" | "-") term}
//   term       = factor {["*"] factor | "/" factor}
//   factor     = number | array | "(" expression ")" | function "(" expression {"," expression} ")"
//   array      = name ["'"] ["[" [letter {"," letter}] "]"]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cells/program.hpp"

namespace bptt::cells {

/// A word, a number or a sign, and the column where it begins, from 1. Empty: the end of the line.
struct Token {
  std::string text;
  int column = 0;
};

struct Expression;

struct Factor {
  enum class Kind { number, array, group, call };
  Kind kind = Kind::number;
  Token name;  // of an array (with its prime) or a function
  Number number;
  bool divides = false;               // stands behind "/"
  std::vector<Token> letters;         // of an array
  std::vector<Expression> arguments;  // of a call; of a group, the one in it
};

struct SignedTerm {
  bool minus = false;
  std::vector<Factor> factors;
};

struct Expression {
  std::vector<SignedTerm> terms;
};

/// Takes a line apart. Throws FormatError "file:line:column: what is wrong" for everything that is
/// not as expected.
class Syntax {
 public:
  /// `where`: the name of the file and the number of the line.
  Syntax(std::string_view line, std::string where);

  [[nodiscard]] const Token& peek() const { return tokens_[at_]; }
  [[nodiscard]] bool at_end() const { return peek().text.empty(); }
  [[nodiscard]] bool is(std::string_view text) const { return peek().text == text; }
  [[nodiscard]] bool at_word() const;
  Token take();
  /// Throws unless the next one is `text`.
  void expect(std::string_view text);
  /// A name; `what` is what is expected, for the message.
  Token word(std::string_view what);
  Factor array() { return array(word("an array")); }
  /// Of a name that has been taken: its letters follow.
  Factor array(Token name);
  /// A number, as a factor.
  Factor number();
  Expression expression();
  [[noreturn]] void refuse(const Token& token, const std::string& what) const;

 private:
  Factor factor();
  SignedTerm term(bool minus);

  std::string where_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;  // of parentheses
};

/// Every letter that stands in it.
void letters_in(const Expression& expression, std::vector<std::string>& letters);
void letters_in(const Factor& factor, std::vector<std::string>& letters);

}  // namespace bptt::cells
