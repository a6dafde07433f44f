#include "fuzz/npz_seeds.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <initializer_list>
#include <limits>

namespace bptt::fuzz {
namespace {

/// The lowest `count` bytes, the least first.
std::string little_endian(std::uint64_t value, std::size_t count) {
  std::string bytes;
  for (std::size_t k = 0; k < count; ++k) bytes += static_cast<char>(value >> (8 * k) & 0xff);
  return bytes;
}

std::string f32(std::initializer_list<float> values) {
  std::string bytes;
  for (const float value : values) bytes += little_endian(std::bit_cast<std::uint32_t>(value), 4);
  return bytes;
}

std::string f64(std::initializer_list<double> values) {
  std::string bytes;
  for (const double value : values) bytes += little_endian(std::bit_cast<std::uint64_t>(value), 8);
  return bytes;
}

std::string in_big_endian(std::string bytes, std::size_t size) {
  for (auto at = bytes.begin(); at != bytes.end(); at += static_cast<std::ptrdiff_t>(size))
    std::reverse(at, at + static_cast<std::ptrdiff_t>(size));
  return bytes;
}

/// A file with this header, whatever it says.
std::string npy_with_header(const std::string& header, const std::string& data = "",
                            char version = 1) {
  return "\x93NUMPY" + std::string{version, 0} +
         little_endian(header.size(), version == 1 ? 2 : 4) + header + data;
}

/// As NumPy writes it: the header filled with blanks, so that the data begin at a multiple of 64.
std::string npy(const std::string& descr, bool fortran_order, const std::string& shape,
                const std::string& data, char version = 1) {
  std::string header = "{'descr': '" + descr +
                       "', 'fortran_order': " + (fortran_order ? "True" : "False") +
                       ", 'shape': " + shape + ", }";
  const std::size_t before = version == 1 ? 10 : 12;
  while ((before + header.size() + 1) % 64 != 0) header += ' ';
  return npy_with_header(header + '\n', data, version);
}

/// As zlib computes it.
std::uint32_t crc32(const std::string& bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

enum Method : std::uint16_t { stored = 0, deflated = 8, bzip2 = 12 };

/// One file of an archive, and what its headers say of it.
struct Entry {
  std::string name;
  std::string content;      // as it is there: packed, if `method` says so
  std::uint32_t crc, size;  // of what was packed
  std::uint16_t method = stored;
  std::uint16_t flags = 0;   // 1: encrypted; 8: crc and sizes stand after the content
  bool sizes_of_64 = false;  // said once more, as numpy.savez does
};

Entry entry(const std::string& name, const std::string& content) {
  return {name, content, crc32(content), static_cast<std::uint32_t>(content.size())};
}

Entry packed(const std::string& name, const std::string& content, Method method,
             const std::string& bytes) {
  Entry e = entry(name, content);
  e.content = bytes;
  e.method = method;
  return e;
}

/// Of the format that its method needs, in tenths.
std::uint64_t version_of(const Entry& e) { return e.method == bzip2 ? 46 : 20; }

/// What both headers of an entry have in common: from the version to the length of the name.
std::string header(const Entry& e, bool after_content) {
  const bool later = (e.flags & 8U) != 0 && !after_content;
  return little_endian(version_of(e), 2) + little_endian(e.flags, 2) + little_endian(e.method, 2) +
         little_endian(0x210000, 4) +  // midnight of 1 January 1980
         little_endian(later ? 0 : e.crc, 4) + little_endian(later ? 0 : e.content.size(), 4) +
         little_endian(later ? 0 : e.size, 4) + little_endian(e.name.size(), 2);
}

/// An archive of these files in this order; APPNOTE.TXT of PKWARE, sections 4.3.7 to 4.3.16.
std::string zip(const std::vector<Entry>& entries) {
  std::string files, directory;
  for (const Entry& e : entries) {
    const std::string extra = e.sizes_of_64 ? little_endian(1, 2) + little_endian(16, 2) +
                                                  little_endian(e.size, 8) +
                                                  little_endian(e.content.size(), 8)
                                            : "";
    directory += "PK\x01\x02" + little_endian(version_of(e), 1) + "\x03" + header(e, true) +
                 little_endian(0, 8) +             // no extra field, no comment, disk 0
                 little_endian(0600U << 16U, 4) +  // its owner may read and write it
                 little_endian(files.size(), 4) + e.name;
    files += "PK\x03\x04" + header(e, false) + little_endian(extra.size(), 2) + e.name + extra +
             e.content;
    if ((e.flags & 8U) != 0)
      files += "PK\x07\x08" + little_endian(e.crc, 4) + little_endian(e.content.size(), 4) +
               little_endian(e.size, 4);
  }
  const std::uint64_t count = entries.size();
  return files + directory + "PK\x05\x06" + little_endian(0, 4) + little_endian(count, 2) +
         little_endian(count, 2) + little_endian(directory.size(), 4) +
         little_endian(files.size(), 4) + little_endian(0, 2);
}

std::string from_hexadecimal(std::string_view digits) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t k = 0; k + 1 < digits.size(); k += 2)
    bytes += static_cast<char>(16 * value(digits[k]) + value(digits[k + 1]));
  return bytes;
}

// The arrays below as zlib and bzip2 pack them.
constexpr std::string_view x_deflated =
    "9bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc294e"
    "05"
    "8a17672416a402f91a463a0ac69a3a0ab50a64032e063068b007120e4004c40d40bcc00100";
constexpr std::string_view ba_deflated =
    "9bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a1aea3a09e965f54529498179f5f94920a12774bcc294e"
    "05"
    "8a17672416a402f91aa6063a0a869a3a0ab50ae4022e865130a80000";
constexpr std::string_view x_in_bzip2 =
    "425a68393141592653592f94db1c0000305ff0701040e41d14c1034220af45dd0a400008004000200054451e900340"
    "00"
    "1a01937aa113d48c803268d0000340f050259819fe8e5605ba326288039cece730870335886b5a9d4248bc5d4661f5"
    "0d"
    "95baf8b7d69d0d430bc790b25dc6ccc02311a712c01e8efe2ee48a70a1205f29b638";

/// [[0, 1, 2], [3, 4, 5]] in f32.
std::string x() { return npy("<f4", false, "(2, 3)", f32({0, 1, 2, 3, 4, 5})); }

class Seeds {
 public:
  void add(const std::string& name, const std::string& bytes) {
    all.emplace_back(name, std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
  }
  NamedInputs all;
};

void add_readable(Seeds& seeds) {
  seeds.add("c_f64.npy", npy("<f8", false, "(2, 3)", f64({0, 1, 2, 3, 4, 5})));
  seeds.add("fortran_f32.npy", npy("<f4", true, "(2, 3)", f32({0, 3, 1, 4, 2, 5})));
  seeds.add("big_endian_f32.npy",
            npy(">f4", false, "(2, 3)", in_big_endian(f32({0, 1, 2, 3, 4, 5}), 4)));
  seeds.add("rank_0.npy", npy("<f8", false, "()", f64({std::numeric_limits<double>::quiet_NaN()})));
  seeds.add("rank_4_version_2.npy", npy("<f4", false, "(1, 2, 1, 2)", f32({0, 0, 0, 0}), 2));
  seeds.add("empty_version_3.npy", npy("<f8", false, "(0, 3)", "", 3));
  seeds.add("python_2.npy",
            npy_with_header("{'shape': (1L,), 'descr': '<f4', 'fortran_order': False}", f32({0})));

  Entry plain = entry("x.npy", x());
  Entry streamed = plain;
  streamed.flags = 8;
  Entry as_savez = plain;
  as_savez.sizes_of_64 = true;
  Entry small = packed("x.npy", x(), deflated, from_hexadecimal(x_deflated));
  small.sizes_of_64 = true;
  Entry zeros = packed("ba.npy", npy("<f8", false, "(50, 1)", std::string(400, 0)), deflated,
                       from_hexadecimal(ba_deflated));
  zeros.sizes_of_64 = true;
  seeds.add("stored.npz", zip({as_savez}));
  seeds.add("deflated.npz", zip({small, zeros}));
  seeds.add("no_arrays.npz", zip({}));
  seeds.add("streamed.npz", zip({streamed}));
}

// Names of arrays, and values to be written as f32.
void add_written(Seeds& seeds) {
  seeds.add("no_file_and_no_name", "");
  seeds.add("a_name_with_a_tab", "a\tb");
  seeds.add("a_name_with_a_high_byte", "a\xff");
  seeds.add("a_long_name", "~");
  seeds.add("the_longest_name", "~~");
  seeds.add("too_long_a_name", "~~~");
  seeds.add("f32_infinity", f64({std::numeric_limits<double>::infinity()}));
  seeds.add("f32_largest", f64({std::numeric_limits<float>::max()}));
  seeds.add("f32_above_the_largest", f64({0x1p128}));
  seeds.add("f32_one_third", f64({1.0 / 3}));
  seeds.add("f32_smallest", f64({0x1p-149}));
  seeds.add("f32_half_the_smallest", f64({0x1p-150}));
}

// Each refused for another reason, in words.
void add_wrong_npy(Seeds& seeds) {
  const auto of_shape = [](const std::string& shape, std::size_t bytes) {
    return npy_with_header("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + "}",
                           std::string(bytes, 0));
  };
  const std::string integers = std::string(8, 0) + '\1' + std::string(7, 0);
  seeds.add("integers.npy", npy("<i8", false, "(2,)", integers));
  seeds.add("negative_extent.npy",
            npy_with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 2)}",
                            std::string(16, 0)));
  seeds.add("product_overflow.npy",
            npy_with_header(
                "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"));
  seeds.add("unknown_key.npy", npy_with_header("{'description': '<f4'}"));
  seeds.add("repeated_key.npy", npy_with_header("{'descr': '<f4', 'descr': '<f4'}"));
  seeds.add("no_colon.npy", npy_with_header("{'descr' '<f4'}"));
  seeds.add("no_end.npy", npy_with_header("{'descr': '<f4', 'fortran_order': False"));
  seeds.add("no_shape.npy", npy_with_header("{'descr': '<f4', 'fortran_order': False}"));
  seeds.add("after_the_end.npy", npy_with_header("{'descr': '<f4'} 7"));
  seeds.add("structured.npy", npy_with_header("{'descr': [('x', '<f4')], 'fortran_order': False}"));
  seeds.add("no_byte_order.npy",
            npy_with_header("{'descr': 'f4', 'fortran_order': False, 'shape': (1,)}", f32({0})));
  seeds.add("rank_5.npy", of_shape("(1, 1, 1, 1, 1)", 4));
  seeds.add("number_for_a_shape.npy", of_shape("(5)", 20));
  seeds.add("octal_extent.npy", of_shape("(05,)", 20));
  seeds.add("huge_extent.npy", of_shape("(99999999999999999999,)", 0));
  seeds.add("neither_true_nor_false.npy", npy_with_header("{'fortran_order': None}"));
  std::string version_9 = npy_with_header("{}");
  version_9[6] = 9;
  seeds.add("version_9.npy", version_9);
  seeds.add("short_fixed_part.npy", "\x93NUMPY" + std::string{2, 0, 1});
  seeds.add("long_header.npy", npy_with_header("{}").substr(0, 10));
  seeds.add("short_data.npy", x().substr(0, x().size() - 4));
}

void add_wrong_npz(Seeds& seeds) {
  const auto of = [](const Entry& e) { return zip({e}); };
  const std::string integers = std::string(8, 0) + '\1' + std::string(7, 0);
  const Entry plain = entry("x.npy", x());
  const Entry small = packed("x.npy", x(), deflated, from_hexadecimal(x_deflated));
  Entry as_savez = plain;
  as_savez.sizes_of_64 = true;
  const std::string whole = of(as_savez);
  seeds.add("truncated.npz", whole.substr(0, whole.size() - 30));
  seeds.add("not_printable.npz", of(entry("x\x01.npy", x())));
  seeds.add("no_array.npz", of(entry("x.txt", "text")));
  seeds.add("name_of_a_suffix.npz", of(entry(".npy", x())));
  seeds.add("two_of_a_name.npz", zip({plain, plain}));
  seeds.add("wrong_dtype.npz", of(entry("x.npy", npy("<i8", false, "(2,)", integers))));
  seeds.add("bzip2.npz", of(packed("x.npy", x(), bzip2, from_hexadecimal(x_in_bzip2))));

  const auto with = [&](Entry changed, auto change) {
    change(changed);
    return zip({changed});
  };
  seeds.add("encrypted.npz", with(plain, [](Entry& e) { e.flags = 1; }));
  seeds.add("wrong_checksum.npz", with(plain, [](Entry& e) { e.crc = 0x04030201; }));
  seeds.add("damaged_deflate.npz",
            with(small, [](Entry& e) { e.content.replace(0, 2, "\xff\xff"); }));
  std::string disagreeing = of(small);
  disagreeing.replace(disagreeing.find("PK\x01\x02") + 12, 2, "\xff\xff");  // the time
  seeds.add("headers_disagree.npz", disagreeing);
  seeds.add("promises_more.npz", with(small, [](Entry& e) { e.size = 0x1ff; }));
  seeds.add("promises_less.npz", with(small, [](Entry& e) { e.size = 5; }));
  seeds.add("unpacks_to_too_much.npz", with(small, [](Entry& e) { e.size = 0x7fffffff; }));
}

}  // namespace

NamedInputs npz_seeds() {
  Seeds seeds;
  add_readable(seeds);
  add_written(seeds);
  add_wrong_npy(seeds);
  add_wrong_npz(seeds);
  return seeds.all;
}

}  // namespace bptt::fuzz
