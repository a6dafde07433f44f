// HTML as text: escaping, tables, replay lines with their buttons. Nothing here knows what is
// shown.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bptt::verify::html {

using Json = nlohmann::ordered_json;

/// As text or as the value of an attribute.
[[nodiscard]] std::string escaped(std::string_view text);

/// What stands under a key.
[[nodiscard]] std::string text_at(const Json& of, const char* key);
[[nodiscard]] long long count_at(const Json& of, const char* key);

/// A number of a document, which may be written as "inf", "-inf" or "nan"; none of null.
[[nodiscard]] std::optional<double> number_of(const Json& value);

/// A cell of a table: what is read, and the document's own value, which is kept beside it.
struct Field {
  std::string html;
  std::string value{};  // JSON
  bool number = false;

  [[nodiscard]] static Field text(std::string_view text) { return {escaped(text)}; }
  [[nodiscard]] static Field count(const Json& value);
  [[nodiscard]] static Field ratio(const Json& value);
  [[nodiscard]] static Field shown(std::string_view text, const Json& value) {
    return {escaped(text), value.dump(), true};
  }
};

/// The first cell of a row is its heading.
class Table {
 public:
  Table(std::string_view caption, std::vector<std::string> columns);
  void row(const std::vector<Field>& cells, std::string_view name = "");
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string str() const;

 private:
  std::string caption_, rows_;
  std::vector<std::string> columns_;
  std::vector<bool> numbers_;
};

/// A command, with a button that copies it.
[[nodiscard]] std::string command(std::string_view line);
/// The same where there is little room: folded away.
[[nodiscard]] std::string folded_command(std::string_view line);

/// Opened by who reads on.
[[nodiscard]] std::string details(std::string_view summary, std::string_view html);

/// Where a script draws: `name` says what, `of` the documents and their parts ("0/reports/1").
/// `alternative` says in words what the picture shows.
[[nodiscard]] std::string picture(std::string_view name, std::string_view of,
                                  std::string_view alternative, std::string_view caption);

/// 0.0000123 s as "12.3 µs".
[[nodiscard]] std::string time_text(double seconds);
/// Seconds since 1970 as "2026-11-30 02:55 UTC".
[[nodiscard]] std::string date_text(long long seconds);

}  // namespace bptt::verify::html
