#include "cells/syntax.hpp"

#include <algorithm>
#include <utility>

#include "cells/functions.hpp"
#include "core/error.hpp"

namespace bptt::cells {
namespace {

/// Deeper ones would end the program instead of the parsing.
constexpr int deepest = 64;
/// Of a number: so that its digits, with or without the point, fit into an int.
constexpr std::size_t most_digits = 9;

// Of ASCII alone, whatever the locale.
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A byte as a message shows it.
std::string shown(char c) {
  constexpr char digits[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte < 0x7f) return std::string("'") + c + "'";
  return std::string("the byte 0x") + digits[byte >> 4U] + digits[byte & 15U];
}

Number number_of(const std::string& text) {
  Number number{0, 1};
  bool behind_point = false;
  for (const char c : text) {
    if (c == '.') {
      behind_point = true;
      continue;
    }
    number.numerator = 10 * number.numerator + (c - '0');
    if (behind_point) number.denominator *= 10;
  }
  return number;
}

}  // namespace

Syntax::Syntax(std::string_view line, std::string where) : where_(std::move(where)) {
  std::size_t i = 0;
  const auto run = [&](auto&& belongs) {
    const std::size_t begin = i;
    while (i < line.size() && belongs(line[i])) ++i;
    return std::string(line.substr(begin, i - begin));
  };
  while (i < line.size() && line[i] != '#') {
    const char c = line[i];
    Token token{"", static_cast<int>(i) + 1};
    if (c == ' ' || c == '\t' || c == '\r') {
      ++i;
      continue;
    }
    if (is_letter(c)) {
      token.text = run([](char d) { return is_letter(d) || is_digit(d); });
      if (i < line.size() && line[i] == '\'') token.text += line[i++];
    } else if (is_digit(c)) {
      token.text = run([](char d) { return is_digit(d) || d == '.'; });
      const auto points = std::count(token.text.begin(), token.text.end(), '.');
      if (points > 1 || token.text.size() - static_cast<std::size_t>(points) > most_digits)
        refuse(token, "'" + token.text + "' is no number of at most 9 digits");
    } else if (std::string_view("[](),+-*/=:").find(c) != std::string_view::npos) {
      token.text = std::string(1, c);
      ++i;
    } else {
      refuse(token, shown(c) + " has no meaning here");
    }
    tokens_.push_back(std::move(token));
  }
  tokens_.push_back({"", static_cast<int>(i) + 1});
}

bool Syntax::at_word() const { return is_letter(peek().text[0]); }

Token Syntax::take() { return at_end() ? peek() : tokens_[at_++]; }

void Syntax::expect(std::string_view text) {
  if (!is(text))
    refuse(peek(), "expected '" + std::string(text) + "', found " +
                       (at_end() ? "the end of the line" : "'" + peek().text + "'"));
  take();
}

Token Syntax::word(std::string_view what) {
  if (!at_word())
    refuse(peek(), "expected " + std::string(what) + ", found " +
                       (at_end() ? "the end of the line" : "'" + peek().text + "'"));
  return take();
}

Factor Syntax::array(Token name) {
  Factor factor;
  factor.kind = Factor::Kind::array;
  factor.name = std::move(name);
  if (!is("[")) return factor;
  take();
  while (!is("]")) {
    factor.letters.push_back(word("an index"));
    if (!is("]")) expect(",");
  }
  take();
  return factor;
}

Factor Syntax::number() {
  if (!is_digit(peek().text[0]))
    refuse(peek(), "expected a number, found " +
                       (at_end() ? "the end of the line" : "'" + peek().text + "'"));
  Factor factor;
  factor.name = take();
  factor.number = number_of(factor.name.text);
  return factor;
}

Factor Syntax::factor() {
  if (is_digit(peek().text[0])) return number();
  Factor factor;
  const bool group = is("(");
  if (!group && !at_word())
    refuse(peek(), "expected a number, an array, a function or '(', found " +
                       (at_end() ? "the end of the line" : "'" + peek().text + "'"));
  if (!group && tokens_[at_ + 1].text != "(") return array();
  factor.kind = group ? Factor::Kind::group : Factor::Kind::call;
  factor.name = group ? peek() : take();
  if (++depth_ > deepest)
    refuse(peek(), "more than " + std::to_string(deepest) + " parentheses within one another");
  expect("(");
  factor.arguments.push_back(expression());
  while (!group && is(",")) {
    take();
    factor.arguments.push_back(expression());
  }
  expect(")");
  --depth_;
  return factor;
}

SignedTerm Syntax::term(bool minus) {
  SignedTerm term{minus, {}};
  term.factors.push_back(factor());
  while (is("*") || is("/") || is("(") || at_word() || is_digit(peek().text[0])) {
    const bool divides = is("/");
    if (is("*") || divides) take();
    term.factors.push_back(factor());
    term.factors.back().divides = divides;
  }
  return term;
}

Expression Syntax::expression() {
  Expression expression;
  const bool negative = is("-");
  if (negative) take();
  expression.terms.push_back(term(negative));
  while (is("+") || is("-")) expression.terms.push_back(term(take().text == "-"));
  return expression;
}

void Syntax::refuse(const Token& token, const std::string& what) const {
  throw FormatError(where_ + ":" + std::to_string(token.column) + ": " + what);
}

void letters_in(const Factor& factor, std::vector<std::string>& letters) {
  for (const Token& letter : factor.letters)
    if (std::find(letters.begin(), letters.end(), letter.text) == letters.end())
      letters.push_back(letter.text);
  for (const Expression& argument : factor.arguments) letters_in(argument, letters);
}

void letters_in(const Expression& expression, std::vector<std::string>& letters) {
  for (const SignedTerm& term : expression.terms)
    for (const Factor& factor : term.factors) letters_in(factor, letters);
}

}  // namespace bptt::cells
