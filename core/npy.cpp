#include "core/npy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "core/error.hpp"

namespace bptt {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t alignment = 64;  // of the data, as in numpy/lib/format.py

std::size_t bytes_of(NpyType type) { return type == NpyType::f32 ? 4 : 8; }

/// A piece of a file that may hold anything, fit for a message.
std::string printable(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::string result(text.substr(0, longest));
  for (char& c : result)
    if (c < ' ' || c > '~') c = '?';
  return text.size() > longest ? result + "..." : result;
}

/// The lowest `Bits` of an integer from or to bytes, in either byte order, on any machine.
template <class Bits>
Bits load(const std::byte* bytes, bool big_endian) {
  Bits bits = 0;
  for (std::size_t k = 0; k < sizeof(Bits); ++k) {
    const std::size_t place = big_endian ? sizeof(Bits) - 1 - k : k;
    bits |= static_cast<Bits>(std::to_integer<Bits>(bytes[k]) << (8 * place));
  }
  return bits;
}

template <class Bits>
void store(Bits bits, std::byte* bytes) {
  for (std::size_t k = 0; k < sizeof(Bits); ++k)
    bytes[k] = static_cast<std::byte>((bits >> (8 * k)) & 0xff);
}

/// Elements from one to the next along each axis of the file.
Strides strides_in_file(const Shape& shape, bool fortran_order) {
  if (fortran_order) return column_major_strides(shape);
  Strides strides{};
  Index step = 1;
  for (Index axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[static_cast<std::size_t>(axis)] = step;
    step *= shape[axis];
  }
  return strides;
}

/// Calls f(k, p) for k = 0, 1, .. in column-major order, p the element's place in the file.
template <class F>
void for_each_place(const Shape& shape, bool fortran_order, F&& f) {
  if (shape.size() == 0) return;  // other extents of an empty array may be huge
  const Strides s = strides_in_file(shape, fortran_order);
  std::size_t k = 0;
  for (Index q = 0; q < shape[3]; ++q)
    for (Index t = 0; t < shape[2]; ++t)
      for (Index j = 0; j < shape[1]; ++j)
        for (Index i = 0; i < shape[0]; ++i)
          f(k++, static_cast<std::size_t>(i * s[0] + j * s[1] + t * s[2] + q * s[3]));
}

struct Header {
  NpyType type = NpyType::f64;
  bool big_endian = false;
  bool fortran_order = false;
  Shape shape;
};

/// Reads the Python dictionary of the header: what numpy.save writes, in any order of the keys and
/// with any spaces, and the L that Python 2 appended to extents. No other Python.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  Header parse() {
    std::optional<std::string_view> descr;
    std::optional<bool> fortran_order;
    std::optional<Shape> shape;
    expect('{');
    while (!accept('}')) {
      const std::string_view key = string();
      expect(':');
      if (key == "descr" && !descr)
        descr = dtype();
      else if (key == "fortran_order" && !fortran_order)
        fortran_order = boolean();
      else if (key == "shape" && !shape)
        shape = tuple();
      else
        throw FormatError("header key '" + printable(key) +
                          "' is unknown or repeated (descr, fortran_order and shape are expected)");
      if (accept(',')) continue;
      if (accept('}')) break;
      fail("',' or '}'");
    }
    skip_spaces();
    if (at_ < text_.size()) fail("only spaces after '}'");
    if (!descr) throw FormatError("header lacks the key 'descr'");
    if (!fortran_order) throw FormatError("header lacks the key 'fortran_order'");
    if (!shape) throw FormatError("header lacks the key 'shape'");
    Header header{NpyType::f64, false, *fortran_order, *shape};
    interpret(*descr, header);
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& expected) const {
    throw FormatError("header, byte " + std::to_string(at_) + ": expected " + expected +
                      ", found " +
                      (at_ < text_.size() ? "'" + printable(text_.substr(at_)) + "'" : "its end"));
  }

  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t'))
      ++at_;
  }

  bool accept(std::string_view word) {
    skip_spaces();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  bool accept(char c) { return accept(std::string_view(&c, 1)); }

  void expect(char c) {
    if (!accept(c)) fail(std::string("'") + c + "'");
  }

  std::string_view string() {
    const char quote = accept('\'') ? '\'' : '"';
    if (quote == '"' && !accept('"')) fail("a string");
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) fail("the end of a string");
    const std::string_view content = text_.substr(at_, end - at_);
    at_ = end + 1;
    return content;
  }

  std::string_view dtype() {
    skip_spaces();
    if (at_ < text_.size() && (text_[at_] == '[' || text_[at_] == '('))
      throw FormatError("structured dtype " + printable(text_.substr(at_)) +
                        " is not supported (f32 and f64 are)");
    return string();
  }

  bool boolean() {
    if (accept("True")) return true;
    if (!accept("False")) fail("True or False");
    return false;
  }

  Shape tuple() {
    Shape shape;
    expect('(');
    if (accept(')')) return shape;
    for (;;) {
      const Index extent = integer();
      if (shape.rank() == Shape::max_rank)
        throw FormatError("shape has more than " + std::to_string(Shape::max_rank) +
                          " extents, the highest rank supported");
      shape.append(extent);
      const bool comma = accept(',');
      if (accept(')')) {
        // Without its comma, "(5)" is a number in parentheses.
        if (!comma && shape.rank() == 1) fail("',' before ')' in a shape of rank 1");
        return shape;
      }
      if (!comma) fail("',' or ')'");
    }
  }

  Index integer() {
    skip_spaces();
    const std::size_t begin = at_;
    if (at_ < text_.size() && text_[at_] == '-') ++at_;
    const std::size_t first_digit = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    const std::string_view digits = text_.substr(begin, at_ - begin);
    if (at_ == first_digit || (text_[first_digit] == '0' && at_ - first_digit > 1)) {
      at_ = begin;
      fail("an extent");
    }
    if (begin != first_digit) throw FormatError("extent " + printable(digits) + " is negative");
    Index value = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc{})
      throw FormatError("extent " + printable(digits) + " is above " +
                        std::to_string(std::numeric_limits<Index>::max()));
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;
    return value;
  }

  static void interpret(std::string_view descr, Header& header) {
    const std::string_view kind = descr.substr(std::min<std::size_t>(descr.size(), 1));
    const bool has_order = descr.starts_with('<') || descr.starts_with('>');
    if (!has_order && (kind == "f4" || kind == "f8" || descr == "f4" || descr == "f8"))
      throw FormatError("dtype '" + printable(descr) +
                        "' does not say its byte order ('<' and '>' are accepted)");
    if (!has_order || (kind != "f4" && kind != "f8"))
      throw FormatError("dtype '" + printable(descr) + "' is not supported (f32 and f64 are)");
    header.big_endian = descr.starts_with('>');
    header.type = kind == "f4" ? NpyType::f32 : NpyType::f64;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Bytes of the data. The product is checked before anything uses it, Shape::size() included.
std::size_t promised_bytes(const Header& header) {
  Index product = static_cast<Index>(bytes_of(header.type));
  bool empty = false;
  for (Index axis = 0; axis < header.shape.rank(); ++axis) {
    const Index extent = header.shape[axis];
    if (extent == 0) {
      empty = true;
      continue;
    }
    if (product > std::numeric_limits<Index>::max() / extent)
      throw FormatError("shape " + header.shape.str() + " of " + std::string(name_of(header.type)) +
                        " takes more than " + std::to_string(std::numeric_limits<Index>::max()) +
                        " bytes");
    product *= extent;
  }
  return empty ? 0 : static_cast<std::size_t>(product);
}

/// Splits the text of the header off the front of `file`, which is left with the data.
std::string_view take_header(std::span<const std::byte>& file) {
  const auto text_at = [&](std::size_t first, std::size_t count) {
    return std::string_view(reinterpret_cast<const char*>(file.data()) + first, count);
  };
  const std::size_t compared = std::min(file.size(), magic.size());
  if (text_at(0, compared) != magic.substr(0, compared))
    throw FormatError("not an .npy file: it begins with '" + printable(text_at(0, compared)) +
                      "', not with byte 147 and 'NUMPY'");
  const auto require_fixed_part = [&](std::size_t count) {
    if (file.size() < count)
      throw FormatError("the file holds " + std::to_string(file.size()) +
                        " bytes, the fixed part of an .npy header takes " + std::to_string(count));
  };
  require_fixed_part(8);
  const int major = std::to_integer<int>(file[6]), minor = std::to_integer<int>(file[7]);
  if (major < 1 || major > 3 || minor != 0)
    throw FormatError("format version " + std::to_string(major) + "." + std::to_string(minor) +
                      " is not supported (1.0, 2.0 and 3.0 are)");
  const std::size_t fixed = major == 1 ? 10 : 12;
  require_fixed_part(fixed);
  const std::size_t length = major == 1 ? load<std::uint16_t>(file.data() + 8, false)
                                        : load<std::uint32_t>(file.data() + 8, false);
  if (length > file.size() - fixed)
    throw FormatError("header of " + std::to_string(length) + " bytes announced, " +
                      std::to_string(file.size() - fixed) + " bytes follow");
  const std::string_view text = text_at(fixed, length);
  file = file.subspan(fixed + length);
  return text;
}

double load_value(const std::byte* bytes, const Header& header) {
  if (header.type == NpyType::f32)
    return std::bit_cast<float>(load<std::uint32_t>(bytes, header.big_endian));
  return std::bit_cast<double>(load<std::uint64_t>(bytes, header.big_endian));
}

/// Throws Error unless `value` is an f32; any NaN is one.
float exact_f32(double value, std::size_t k) {
  const bool in_range =
      !std::isfinite(value) || std::abs(value) <= double{std::numeric_limits<float>::max()};
  if (in_range) {
    const auto rounded = static_cast<float>(value);
    if (std::isnan(value) || double{rounded} == value) return rounded;
  }
  std::array<char, 32> digits{};  // the shortest digits that tell the value from its neighbours
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  throw Error("cannot write value " + std::string(digits.data(), end) + " at place " +
              std::to_string(k) + " as f32: it would be rounded");
}

std::string header_text(const NpyArray& array, bool fortran_order) {
  std::string extents;
  for (Index axis = 0; axis < array.shape.rank(); ++axis)
    extents += (axis > 0 ? ", " : "") + std::to_string(array.shape[axis]);
  if (array.shape.rank() == 1) extents += ',';
  std::string text = std::string("{'descr': '") + (array.type == NpyType::f32 ? "<f4" : "<f8") +
                     "', 'fortran_order': " + (fortran_order ? "True" : "False") + ", 'shape': (" +
                     extents + "), }";
  const std::size_t unpadded = magic.size() + 4 + text.size() + 1;
  text.append((alignment - unpadded % alignment) % alignment, ' ');
  return text + '\n';
}

}  // namespace

std::string_view name_of(NpyType type) { return type == NpyType::f32 ? "f32" : "f64"; }

NpyArray read_npy(std::span<const std::byte> file) {
  const Header header = HeaderParser(take_header(file)).parse();
  const std::size_t promised = promised_bytes(header);
  if (promised != file.size())
    throw FormatError("header promises " + std::to_string(promised) +
                      " bytes of data, the file holds " + std::to_string(file.size()));
  const std::size_t step = bytes_of(header.type);
  NpyArray array{header.shape, header.type, std::vector<double>(promised / step)};
  for_each_place(header.shape, header.fortran_order, [&](std::size_t k, std::size_t place) {
    array.values[k] = load_value(file.data() + place * step, header);
  });
  return array;
}

std::vector<std::byte> write_npy(const NpyArray& array, bool fortran_order) {
  require_shape("values of an array", {static_cast<Index>(array.values.size())},
                {array.shape.size()});
  const std::string text = header_text(array, fortran_order);
  const std::size_t step = bytes_of(array.type);
  const std::size_t data = magic.size() + 4 + text.size();
  std::vector<std::byte> file(data + array.values.size() * step);
  const auto to_byte = [](char c) { return static_cast<std::byte>(c); };
  std::transform(magic.begin(), magic.end(), file.begin(), to_byte);
  file[6] = std::byte{1};  // version 1.0: four extents never need a longer header
  store(static_cast<std::uint16_t>(text.size()), file.data() + 8);
  std::transform(text.begin(), text.end(), file.begin() + 10, to_byte);
  for_each_place(array.shape, fortran_order, [&](std::size_t k, std::size_t place) {
    std::byte* bytes = file.data() + data + place * step;
    if (array.type == NpyType::f32)
      store(std::bit_cast<std::uint32_t>(exact_f32(array.values[k], k)), bytes);
    else
      store(std::bit_cast<std::uint64_t>(array.values[k]), bytes);
  });
  return file;
}

}  // namespace bptt
