#include "core/npy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include "core/test_support.hpp"

namespace bptt {
namespace {

using test::bytes_of;
using Bytes = std::vector<std::byte>;

std::string test_file(const std::string& name) {
  std::ifstream file(test::source_folder() + "/core/test_data/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A version 1.0 file with the given dictionary and this many bytes of data.
std::string npy(const std::string& dictionary, std::size_t data_bytes) {
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(dictionary.size() & 0xff);
  file += static_cast<char>(dictionary.size() >> 8);
  return file + dictionary + std::string(data_bytes, '\0');
}

std::string npy_error(const std::string& file) {
  try {
    static_cast<void>(read_npy(bytes_of(file)));
  } catch (const FormatError& error) {
    return error.what();
  }
  return "no error";
}

bool same_bits(const NpyArray& a, const NpyArray& b) {
  return a.shape == b.shape && a.type == b.type && a.values.size() == b.values.size() &&
         (a.values.empty() ||
          std::memcmp(a.values.data(), b.values.data(), a.values.size() * sizeof(double)) == 0);
}

/// Element [i, j, k] is 100 i + 10 j + k + 0.5, as in core/test_data/make_arrays.py.
NpyArray counted(NpyType type) {
  NpyArray array{{2, 3, 4}, type, {}};
  for (int k = 0; k < 4; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i) array.values.push_back(100 * i + 10 * j + k + 0.5);
  return array;
}

/// Values that an f32 holds exactly, every special one among them.
NpyArray specials(const Shape& shape, NpyType type) {
  const double values[] = {-0.0,
                           std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN(),
                           double{std::numeric_limits<float>::denorm_min()},
                           double{std::numeric_limits<float>::max()},
                           1.5};
  NpyArray array{shape, type, {}};
  for (Index k = 0; k < shape.size(); ++k) array.values.push_back(values[k % 6] + 0.0);
  for (Index k = 0; k < shape.size(); k += 6) array.values[static_cast<std::size_t>(k)] = -0.0;
  return array;
}

const Shape shapes[] = {{}, {7}, {0}, {5, 3}, {2, 3, 4}, {3, 0, 2}, {2, 3, 2, 5}};

TEST(Npy, WhatIsWrittenIsReadBackBitForBit) {
  for (const Shape& shape : shapes)
    for (const NpyType type : {NpyType::f32, NpyType::f64})
      for (const bool fortran_order : {false, true}) {
        const NpyArray array = specials(shape, type);
        EXPECT_TRUE(same_bits(read_npy(write_npy(array, fortran_order)), array))
            << shape.str() << " " << name_of(type) << " fortran_order " << fortran_order;
      }
}

TEST(Npy, BigEndianFilesHoldTheSameArrays) {
  for (const Shape& shape : shapes)
    for (const NpyType type : {NpyType::f32, NpyType::f64})
      for (const bool fortran_order : {false, true}) {
        const NpyArray array = specials(shape, type);
        Bytes file = write_npy(array, fortran_order);
        const std::ptrdiff_t step = type == NpyType::f32 ? 4 : 8;
        const auto data = file.end() - step * shape.size();
        std::replace(file.begin(), data, std::byte{'<'}, std::byte{'>'});
        for (auto element = data; element != file.end(); element += step)
          std::reverse(element, element + step);
        EXPECT_TRUE(same_bits(read_npy(file), array))
            << shape.str() << " " << name_of(type) << " fortran_order " << fortran_order;
      }
}

TEST(Npy, ReadsAndWritesWhatNumPyWrote) {
  const std::string file = test_file("c_order_f64.npy");
  EXPECT_TRUE(same_bits(read_npy(bytes_of(file)), counted(NpyType::f64)));
  EXPECT_EQ(write_npy(counted(NpyType::f64)), bytes_of(file));
  EXPECT_TRUE(same_bits(read_npy(bytes_of(test_file("fortran_order_big_endian_f32.npy"))),
                        counted(NpyType::f32)));
}

TEST(Npy, DataStartsAtAMultipleOf64) {
  for (const Shape& shape : shapes) {
    const NpyArray array = specials(shape, NpyType::f64);
    EXPECT_EQ((write_npy(array).size() - 8 * array.values.size()) % 64, 0U) << shape.str();
  }
}

TEST(Npy, ReadsTheHeadersOfOldAndNewWriters) {
  const std::string data(8, '\0');
  for (const std::string dictionary : {
           "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }   \n",
           "{'shape': (1L, 1L), 'fortran_order': True, 'descr': '<f8'}",  // Python 2
           " { \"shape\" :( 1 ,1 , ) ,\"descr\":\"<f8\",\n\t'fortran_order':False }\n",
       })
    EXPECT_EQ(read_npy(bytes_of(npy(dictionary, 8))).shape, (Shape{1, 1})) << dictionary;

  const std::string dictionary = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }";
  for (const char version : {'\2', '\3'}) {
    std::string file = std::string("\x93NUMPY") + version + std::string(1, '\0');
    file += static_cast<char>(dictionary.size());
    file += std::string(3, '\0');
    EXPECT_EQ(read_npy(bytes_of(file + dictionary + data)).shape, (Shape{1}));
  }
}

TEST(Npy, TheOtherExtentsOfAnEmptyArrayMayBeLarge) {
  const NpyArray array = read_npy(
      bytes_of(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3, 1000000000000)}", 0)));
  EXPECT_EQ(array.shape, (Shape{0, 3, 1000000000000}));
  EXPECT_TRUE(array.values.empty());
}

TEST(Npy, SaysWhatIsWrongWithABadFile) {
  const auto with_descr = [](const std::string& descr) {
    return npy("{'descr': " + descr + ", 'fortran_order': False, 'shape': (5, 6), }", 240);
  };
  const auto with_shape = [](const std::string& shape, std::size_t bytes) {
    return npy("{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + "}", bytes);
  };
  const std::string fixed("\x93NUMPY\x01\x00", 8);
  const struct {
    std::string file, message;
  } bad[] = {
      {"PK\x03\x04 and so on",
       "not an .npy file: it begins with 'PK?? a', not with byte 147 and 'NUMPY'"},
      {"", "the file holds 0 bytes, the fixed part of an .npy header takes 8"},
      {"\x93NUM", "the file holds 4 bytes, the fixed part of an .npy header takes 8"},
      {fixed + "v", "the file holds 9 bytes, the fixed part of an .npy header takes 10"},
      {std::string("\x93NUMPY\x04\x00", 8),
       "format version 4.0 is not supported (1.0, 2.0 and 3.0 are)"},
      {std::string("\x93NUMPY\x01\x01", 8),
       "format version 1.1 is not supported (1.0, 2.0 and 3.0 are)"},
      {fixed + "v\x01{}", "header of 374 bytes announced, 2 bytes follow"},
      {std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff{}", 14),
       "header of 4294967295 bytes announced, 2 bytes follow"},

      {with_descr("'<i8'"), "dtype '<i8' is not supported (f32 and f64 are)"},
      {with_descr("'<c16'"), "dtype '<c16' is not supported (f32 and f64 are)"},
      {with_descr("'|O'"), "dtype '|O' is not supported (f32 and f64 are)"},
      {with_descr("''"), "dtype '' is not supported (f32 and f64 are)"},
      {with_descr("'=f8'"), "dtype '=f8' does not say its byte order ('<' and '>' are accepted)"},
      {with_descr("'|f4'"), "dtype '|f4' does not say its byte order ('<' and '>' are accepted)"},
      {with_descr("'f8'"), "dtype 'f8' does not say its byte order ('<' and '>' are accepted)"},
      {with_descr("[('a', '<f8')]"),
       "structured dtype [('a', '<f8')], 'fortran_order': False, ... is not supported (f32 and "
       "f64 are)"},
      {with_descr("'<f8"),
       "header, byte 17: expected ',' or '}', found 'fortran_order': False, "
       "'shape': (5, 6), ...'"},

      {with_shape("(3, 10)", 200), "header promises 240 bytes of data, the file holds 200"},
      {with_shape("(3, 10)", 241), "header promises 240 bytes of data, the file holds 241"},
      {with_shape("()", 0), "header promises 8 bytes of data, the file holds 0"},
      {with_shape("(1000000000000,)", 8),
       "header promises 8000000000000 bytes of data, the file holds 8"},
      {with_shape("(4611686018427387904, 4)", 0),
       "shape (4611686018427387904,4) of f64 takes more than 9223372036854775807 bytes"},
      {with_shape("(4611686018427387904, 4, 0)", 0),
       "shape (4611686018427387904,4,0) of f64 takes more than 9223372036854775807 bytes"},
      {with_shape("(0, 4611686018427387904, 4)", 0),
       "shape (0,4611686018427387904,4) of f64 takes more than 9223372036854775807 bytes"},
      {with_shape("(9223372036854775808,)", 0),
       "extent 9223372036854775808 is above 9223372036854775807"},
      {with_shape("(3, -10)", 0), "extent -10 is negative"},
      {with_shape("(1, 1, 1, 1, 1)", 8),
       "shape has more than 4 extents, the highest rank supported"},
      {with_shape("(5)", 40),
       "header, byte 53: expected ',' before ')' in a shape of rank 1, found '}'"},
      {with_shape("(,)", 8), "header, byte 51: expected an extent, found ',)}'"},
      {with_shape("(05,)", 40), "header, byte 51: expected an extent, found '05,)}'"},
      {with_shape("(5 6)", 240), "header, byte 53: expected ',' or ')', found '6)}'"},
      {with_shape("(5, 6", 240), "header, byte 55: expected ',' or ')', found '}'"},
      {with_shape("[5, 6]", 240), "header, byte 50: expected '(', found '[5, 6]}'"},

      {npy("", 0), "header, byte 0: expected '{', found its end"},
      {npy("{}", 0), "header lacks the key 'descr'"},
      {npy("{'descr': '<f8', 'shape': (1,)}", 8), "header lacks the key 'fortran_order'"},
      {npy("{'descr': '<f8', 'fortran_order': True}", 8), "header lacks the key 'shape'"},
      {npy("{'shape': (1,), 'shape': (1,)}", 8),
       "header key 'shape' is unknown or repeated (descr, fortran_order and shape are expected)"},
      {npy("{'order\n': 'C'}", 8),
       "header key 'order?' is unknown or repeated (descr, fortran_order and shape are expected)"},
      {npy("{descr: '<f8'}", 8), "header, byte 1: expected a string, found 'descr: '<f8'}'"},
      {npy("{'descr' '<f8'}", 8), "header, byte 9: expected ':', found ''<f8'}'"},
      {npy("{'descr': '<f8}", 8), "header, byte 11: expected the end of a string, found '<f8}'"},
      {npy("{'fortran_order': 0}", 8), "header, byte 18: expected True or False, found '0}'"},
      {npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} # ", 8),
       "header, byte 56: expected only spaces after '}', found '# '"},
  };
  for (const auto& [file, message] : bad) EXPECT_EQ(npy_error(file), message);
}

TEST(Npy, EveryTruncationIsAnError) {
  const std::string file = test_file("c_order_f64.npy");
  for (std::size_t length = 0; length < file.size(); ++length)
    EXPECT_NE(npy_error(file.substr(0, length)), "no error") << length;
  EXPECT_NE(npy_error(file + '\0'), "no error");
}

TEST(Npy, RefusesToWriteWhatItCouldNotReadBack) {
  EXPECT_THROW(static_cast<void>(write_npy({{2, 3}, NpyType::f64, {1, 2, 3}})), ShapeError);
  for (const double value : {0.1, 1e300, -1e300, 1e-300}) {
    EXPECT_THROW(static_cast<void>(write_npy({{1}, NpyType::f32, {value}})), Error) << value;
    EXPECT_NO_THROW(static_cast<void>(write_npy({{1}, NpyType::f64, {value}}))) << value;
  }
  try {
    static_cast<void>(write_npy({{2}, NpyType::f32, {0.5, 0.1}}));
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "cannot write value 0.1 at place 1 as f32: it would be rounded");
  }
}

TEST(Npy, KeepsEveryBitOfAnF64NaN) {
  const double nan = std::bit_cast<double>(std::uint64_t{0xfff0'0000'dead'beef});
  const NpyArray array{{1}, NpyType::f64, {nan}};
  EXPECT_TRUE(same_bits(read_npy(write_npy(array)), array));
}

TEST(Npy, BecomesATensorAndBack) {
  const Tensor<double> x = to_tensor<double>(counted(NpyType::f64));
  EXPECT_EQ(x.shape(), (Shape{2, 3, 4}));
  EXPECT_EQ(x(1, 2, 3), 123.5);
  EXPECT_TRUE(same_bits(to_npy(x), counted(NpyType::f64)));
  EXPECT_TRUE(same_bits(to_npy(to_tensor<float>(counted(NpyType::f64))), counted(NpyType::f32)));
  EXPECT_THROW(static_cast<void>(to_tensor<double>({{2, 3}, NpyType::f64, {1}})), ShapeError);
}

}  // namespace
}  // namespace bptt
