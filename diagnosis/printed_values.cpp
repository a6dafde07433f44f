#include "diagnosis/printed_values.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "core/error.hpp"

namespace bptt::diagnosis {
namespace {

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Walks through the text once. Every take_ function leaves the position as it was if it fails.
class Scanner {
 public:
  Scanner(std::string_view text, const std::vector<std::string>& arrays)
      : text_(text), arrays_(arrays) {}

  Printout read() {
    Printout found;
    while (at_ < text_.size())
      if (!take_statement(found)) skip_word();
    return found;
  }

 private:
  [[nodiscard]] bool ended() const { return at_ >= text_.size(); }
  [[nodiscard]] char next() const { return ended() ? '\0' : text_[at_]; }
  [[nodiscard]] int line() const {
    return 1 + static_cast<int>(std::count(text_.begin(), text_.begin() + at(), '\n'));
  }
  [[nodiscard]] std::ptrdiff_t at() const { return static_cast<std::ptrdiff_t>(at_); }
  [[noreturn]] void fail(const std::string& what) const {
    throw FormatError("line " + std::to_string(line()) + ": " + what);
  }

  void skip_word() {
    if (!is_name(next())) {
      ++at_;
      return;
    }
    while (!ended() && is_name(next())) ++at_;
  }
  void skip_blanks() {
    while (!ended() && (next() == ' ' || next() == '\t')) ++at_;
  }
  bool take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  std::string take_name() {
    const std::size_t from = at_;
    while (!ended() && is_name(next())) ++at_;
    return std::string(text_.substr(from, at_ - from));
  }

  /// ["dx"] or ['dx'] after a dictionary's name.
  std::optional<std::string> take_key() {
    const std::size_t from = at_;
    if (take("[")) {
      const char quote = next();
      if (quote == '"' || quote == '\'') {
        ++at_;
        const std::string key = take_name();
        if (next() == quote && !key.empty()) {
          ++at_;
          if (take("]")) return key;
        }
      }
    }
    at_ = from;
    return std::nullopt;
  }

  /// [1][2] or [1, 2]; an empty result if what follows is no index.
  std::vector<Index> take_index() {
    std::vector<Index> index;
    for (;;) {
      const std::size_t from = at_;
      std::vector<Index> group;
      if (!take("[")) return index;
      for (;;) {
        skip_blanks();
        if (std::isdigit(static_cast<unsigned char>(next())) == 0) break;
        group.push_back(take_whole("an index"));
        skip_blanks();
        if (!take(",")) break;
      }
      if (group.empty() || !take("]")) {
        at_ = from;
        return index;
      }
      index.insert(index.end(), group.begin(), group.end());
    }
  }

  /// What may stand between a name and its value: = : | ** <td> and blanks. True if it holds = : |.
  bool skip_separators() {
    bool said = false;
    while (!ended()) {
      const char c = next();
      if (c == '<') {
        const std::size_t close = text_.find('>', at_);
        if (close == std::string_view::npos) break;
        at_ = close + 1;
      } else if (c == '=' || c == ':' || c == '|') {
        said = true;
        ++at_;
      } else if (std::isspace(static_cast<unsigned char>(c)) != 0 || c == '*' || c == '`' ||
                 c == '"' || c == '\'') {
        ++at_;
      } else if (!take("array(") && !take("np.float64(")) {
        break;
      }
    }
    return said;
  }

  std::string_view take_digits() {
    const std::size_t from = at_;
    while (std::isdigit(static_cast<unsigned char>(next())) != 0) ++at_;
    return text_.substr(from, at_ - from);
  }
  void take_sign() {
    if (next() == '-' || next() == '+') ++at_;
  }
  /// A whole number, to go with "an index" or the like; digits must stand here.
  Index take_whole(const std::string& what) {
    Index value = 0;
    for (const char digit : take_digits()) {
      value = 10 * value + (digit - '0');
      if (value > 1'000'000'000) fail(what + " above 1,000,000,000");
    }
    return value;
  }

  /// The power of ten after a number; 0 if there is none. Beyond a million all are alike.
  int take_exponent() {
    const std::size_t from = at_;
    if (!take("e") && !take("E")) return 0;
    const bool negative = next() == '-';
    take_sign();
    const std::string_view digits = take_digits();
    if (digits.empty()) at_ = from;
    int exponent = 0;
    for (const char digit : digits) exponent = std::min(10 * exponent + (digit - '0'), 1'000'000);
    return negative ? -exponent : exponent;
  }

  /// Not by std::regex, which needs stack for each digit.
  std::optional<PrintedNumber> take_number() {
    const std::size_t from = at_;
    take_sign();
    std::string digits;
    double places = 0;  // after the point
    int exponent = 0;
    if (!take("nan") && !take("inf")) {
      digits = take_digits();
      if (take(".")) {
        const std::string_view fraction = take_digits();
        digits += fraction;
        places = static_cast<double>(fraction.size());
      }
      if (digits.empty()) {
        at_ = from;
        return std::nullopt;
      }
      exponent = take_exponent();
    }
    PrintedNumber number;
    number.text = text_.substr(from, at_ - from);
    number.value = std::strtod(number.text.c_str(), nullptr);
    number.unit = std::pow(10.0, exponent - places);
    const std::size_t first = digits.find_first_not_of('0');
    number.digits = first == std::string::npos ? 1 : static_cast<int>(digits.size() - first);
    return number;
  }

  std::vector<PrintedNumber> take_numbers() {
    std::vector<PrintedNumber> numbers;
    int depth = 0;
    for (;;) {
      while (std::isspace(static_cast<unsigned char>(next())) != 0 || next() == ',') ++at_;
      if (next() == '[') {
        ++depth;
        ++at_;
      } else if (next() == ']' && depth > 0) {
        --depth;
        ++at_;
        if (depth == 0) return numbers;
      } else if (take("...")) {
        fail(
            "'...' stands for numbers that were not printed; print single rows, dx[1][2], or "
            "set np.set_printoptions(threshold=10**9)");
      } else if (auto number = take_number()) {
        numbers.push_back(*number);
        if (depth == 0) return numbers;
      } else {
        if (depth > 0) fail("expected a number or ']' in the values, got " + rest_of_line());
        return numbers;
      }
    }
  }

  [[nodiscard]] std::string rest_of_line() const {
    if (ended()) return "the end";
    const std::size_t end = std::min(text_.find('\n', at_), at_ + 20);
    return "'" + std::string(text_.substr(at_, end - at_)) + "'";
  }

  std::optional<std::vector<Index>> take_extents() {
    if (!take("(")) return std::nullopt;
    std::vector<Index> extents;
    for (;;) {
      while (next() == ' ' || next() == ',') ++at_;
      if (take(")")) return extents;
      if (std::isdigit(static_cast<unsigned char>(next())) == 0)
        fail("expected an extent in the shape, got " + rest_of_line());
      extents.push_back(take_whole("an extent"));
    }
  }

  bool take_statement(Printout& found) {
    if (!is_name(next()) || std::isdigit(static_cast<unsigned char>(next())) != 0) return false;
    const std::size_t from = at_;
    std::string array = take_name();
    bool said = false;
    if (const auto key = take_key()) {
      array = *key;
      said = true;
    }
    if (std::find(arrays_.begin(), arrays_.end(), array) == arrays_.end()) {
      at_ = from;
      return false;
    }
    const int here = line();
    const std::vector<Index> index = take_index();
    const bool shape = take(".shape");
    said = said || !index.empty() || shape;
    if (take("\"") || take("'")) {
    }  // the end of a printed label
    said = skip_separators() || said;
    if (!said) {
      at_ = from;
      return false;
    }
    if (shape) {
      const auto extents = take_extents();
      if (extents) found.shapes.push_back({array, *extents, here});
      return true;
    }
    auto numbers = take_numbers();
    if (!numbers.empty()) found.values.push_back({array, index, std::move(numbers), here});
    return true;
  }

  std::string_view text_;
  const std::vector<std::string>& arrays_;
  std::size_t at_ = 0;
};

}  // namespace

Printout read_printout(std::string_view text, const std::vector<std::string>& arrays) {
  return Scanner(text, arrays).read();
}

}  // namespace bptt::diagnosis
