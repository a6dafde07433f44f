#include "core/npz.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>

#include "core/test_support.hpp"

namespace bptt {
namespace {

using test::bytes_of;
using Bytes = std::vector<std::byte>;

std::string text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::filesystem::path test_path(const std::string& name) {
  return std::filesystem::path(test::source_folder()) / "core/test_data" / name;
}

std::string file_at(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string npz_error(const auto& action) {
  try {
    action();
  } catch (const FormatError& error) {
    return std::string("format: ") + error.what();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string reading(const std::string& file) {
  return npz_error([&] { static_cast<void>(read_npz(bytes_of(file))); });
}

Named<NpyArray> two_arrays() {
  Named<NpyArray> arrays;
  arrays.add("in.x", {{2, 2}, NpyType::f64, {1, 2, 3, 4}});
  arrays.add("in.y", {{3}, NpyType::f32, {0.5, -0.0, 8}});
  return arrays;
}

void expect_same(const Named<NpyArray>& got, const Named<NpyArray>& expected) {
  ASSERT_EQ(got.names(), expected.names());
  for (const auto& [name, array] : expected) {
    EXPECT_EQ(got[name].shape, array.shape) << name;
    EXPECT_EQ(got[name].type, array.type) << name;
    EXPECT_EQ(got[name].values, array.values) << name;
  }
}

/// An empty folder of its own for the running test, removed afterwards.
class NpzFiles : public testing::Test {
 protected:
  NpzFiles() {
    folder_ = testing::TempDir() + "bptt_npz_" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~NpzFiles() override { std::filesystem::remove_all(folder_); }

  std::ptrdiff_t files() const {
    return std::distance(std::filesystem::directory_iterator(folder_), {});
  }
  std::filesystem::path folder_;
};

TEST(Npz, WhatIsWrittenIsReadBack) {
  expect_same(read_npz(write_npz(two_arrays())), two_arrays());
  EXPECT_EQ(read_npz(write_npz({})).size(), 0U);
  // Time 00:00, date 1980-01-01: equal arrays give equal bytes at any time.
  EXPECT_EQ(text_of(write_npz(two_arrays())).substr(10, 4), std::string("\0\0\x21\0", 4));
}

TEST(Npz, ReadsWhatNumPyWrote) {
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const Named<NpyArray> arrays = read_npz(test_path(name));
    ASSERT_EQ(arrays.names(), "in.x in.ba m none") << name;
    EXPECT_EQ(to_tensor<double>(arrays["in.x"])(1, 2, 3), 123.5);
    EXPECT_EQ(arrays["in.ba"].shape, (Shape{2, 1}));
    EXPECT_EQ(arrays["in.ba"].type, NpyType::f32);
    EXPECT_EQ(arrays["in.ba"].values, (std::vector<double>{0.5, 100.5}));
    EXPECT_EQ(arrays["m"].shape, Shape{});
    EXPECT_EQ(arrays["m"].values, std::vector<double>{3});
    EXPECT_EQ(arrays["none"].shape, (Shape{0, 5}));
  }
}

TEST(Npz, EveryTruncationIsAnError) {
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const std::string file = file_at(test_path(name));
    for (std::size_t length = 0; length < file.size(); ++length)
      EXPECT_EQ(reading(file.substr(0, length)).substr(0, 7), "format:") << name << " " << length;
  }
}

TEST(Npz, EveryChangedByteIsAnErrorOrHarmless) {
  // Harmless are fields that nothing here reads: dates, versions, attributes.
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const std::string file = file_at(test_path(name));
    const Named<NpyArray> expected = read_npz(bytes_of(file));
    for (std::size_t k = 0; k < file.size(); ++k) {
      std::string changed = file;
      changed[k] = static_cast<char>(changed[k] ^ 0x10);
      try {
        const Named<NpyArray> got = read_npz(bytes_of(changed));
        if (got.names() == expected.names()) expect_same(got, expected);
      } catch (const FormatError&) {
      }
    }
  }
}

// Where a field is in the header before an entry and in the directory's record of it.
struct Field {
  std::size_t local, central, bytes;
};
constexpr Field flags{6, 8, 2}, method{8, 10, 2}, crc{14, 16, 4}, unpacked_size{22, 24, 4};

/// Sets a field of entry `entry`, in both places.
std::string with(std::string file, std::size_t entry, const Field& field, std::uint32_t value) {
  const auto set = [&](const std::string& signature, std::size_t offset) {
    std::size_t at = file.find(signature);
    for (std::size_t k = 0; k < entry; ++k) at = file.find(signature, at + 1);
    ASSERT_NE(at, std::string::npos);
    for (std::size_t k = 0; k < field.bytes; ++k)
      file[at + offset + k] = static_cast<char>((value >> (8 * k)) & 0xff);
  };
  set("PK\x03\x04", field.local);
  set("PK\x01\x02", field.central);
  return file;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  EXPECT_EQ(from.size(), to.size());
  std::size_t count = 0;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + 1)) {
    text.replace(at, from.size(), to);
    ++count;
  }
  EXPECT_GT(count, 0U);
  return text;
}

TEST(Npz, SaysWhatIsWrongWithABadFile) {
  const std::string good = text_of(write_npz(two_arrays()));
  const std::string deflated = file_at(test_path("deflated.npz"));
  Named<NpyArray> one;
  one.add("x", {{1}, NpyType::f64, {1}});
  const struct {
    std::string file, message;
  } bad[] = {
      {"", "the file is empty, an .npz archive has at least 22 bytes"},
      {"not a zip", "not an .npz archive (9 bytes): Not a zip archive"},
      {good + "!", "not an .npz archive (507 bytes): Zip archive inconsistent"},
      {replaced(good, "in.y.npy", "in.x.npy"), "two entries of the archive have the same name"},
      {replaced(good, "in.y.npy", "in.y.txt"),
       "entry 'in.y.txt' is not an array: names are expected to end in .npy"},
      {replaced(text_of(write_npz(one)), "x.npy", ".npy "),
       "entry '.npy ' is not an array: names are expected to end in .npy"},
      {replaced(good, "in.y.npy", "in\ny.npy"), "the name of entry 1 is not printable ASCII"},
      {with(good, 1, flags, 1), "in.y.npy: encrypted entries are not supported"},
      {with(good, 1, method, 12),
       "in.y.npy: compression method 12 is not supported (0, stored, and 8, deflate, are)"},
      {with(good, 1, crc, 0), "in.y.npy: CRC error"},
      {with(deflated, 0, unpacked_size, 3'000'000'000),
       "in.x.npy: unpacks to 3000000000 bytes; an archive of 829 bytes may unpack to 16860116, "
       "of which 16860116 are left"},
      {with(with(deflated, 0, unpacked_size, 16'000'000), 1, unpacked_size, 16'000'000),
       "in.x.npy: the directory promises 16000000 bytes, 320 come out"},
      {with(deflated, 0, unpacked_size, 100),
       "in.x.npy: the directory promises 100 bytes, more come out"},
  };
  for (const auto& [file, message] : bad) EXPECT_EQ(reading(file), "format: " + message);
}

TEST(Npz, TheEntriesOfAnArchiveShareOneLimit) {
  // Zeros of 12 MiB in a file of 12 KiB, then one value.
  const std::string zeros = file_at(test_path("zeros.npz"));
  const Named<NpyArray> arrays = read_npz(bytes_of(zeros));
  EXPECT_EQ(arrays["zeros"].values, std::vector<double>(3 << 20));
  const std::size_t limit = npz_ratio * zeros.size() + npz_allowance;
  const std::size_t left = limit - (12 << 20) - 128;
  EXPECT_EQ(reading(with(zeros, 1, unpacked_size, static_cast<std::uint32_t>(left + 1))),
            "format: one.npy: unpacks to " + std::to_string(left + 1) + " bytes; an archive of " +
                std::to_string(zeros.size()) + " bytes may unpack to " + std::to_string(limit) +
                ", of which " + std::to_string(left) + " are left");
  EXPECT_EQ(
      reading(with(zeros, 1, unpacked_size, static_cast<std::uint32_t>(left))),
      "format: one.npy: the directory promises " + std::to_string(left) + " bytes, 136 come out");
}

TEST(Npz, TheNameOfTheEntryLeadsTheMessage) {
  const std::string integers = file_at(test_path("integers.npz"));
  EXPECT_EQ(reading(integers), "format: in.x.npy: dtype '<i8' is not supported (f32 and f64 are)");
  const auto path = test_path("integers.npz");
  EXPECT_EQ(
      npz_error([&] { static_cast<void>(read_npz(path)); }),
      "format: " + path.string() + ": in.x.npy: dtype '<i8' is not supported (f32 and f64 are)");
}

TEST(Npz, AnUnreadableFileIsAnError) {
  EXPECT_EQ(npz_error([] { static_cast<void>(read_npz(std::filesystem::path("/no/x.npz"))); }),
            "cannot read /no/x.npz: No such file or directory");
  EXPECT_EQ(npz_error([] { static_cast<void>(read_npz(std::filesystem::path("/"))); }),
            "cannot read /: Is a directory");
}

TEST(Npz, RefusesNamesThatItWouldNotRead) {
  for (const char* name : {"", "a\nb", "\xce\xbb"}) {
    Named<NpyArray> arrays;
    arrays.add(name, {{1}, NpyType::f64, {1}});
    EXPECT_THROW(static_cast<void>(write_npz(arrays)), Error) << name;
  }
  Named<NpyArray> arrays;
  arrays.add(std::string(65'531, 'x'), {{1}, NpyType::f64, {1}});
  expect_same(read_npz(write_npz(arrays)), arrays);
  arrays.add(std::string(65'532, 'x'), {{1}, NpyType::f64, {1}});
  EXPECT_EQ(npz_error([&] { static_cast<void>(write_npz(arrays)); }),
            "cannot write an array with a name of 65532 characters: 65531 is the most");
}

TEST_F(NpzFiles, AWrittenFileReplacesTheOldOneAndNothingElse) {
  const auto path = folder_ / "x.npz";
  write_npz(path, {});
  write_npz(path, two_arrays());
  expect_same(read_npz(path), two_arrays());
  EXPECT_EQ(files(), 1);
}

TEST_F(NpzFiles, AFailedWriteLeavesNothingBehind) {
  std::filesystem::create_directory(folder_ / "x.npz");
  EXPECT_EQ(npz_error([&] { write_npz(folder_ / "x.npz", two_arrays()); }),
            "cannot write " + (folder_ / "x.npz").string() + ": Is a directory");
  EXPECT_EQ(files(), 1);
  EXPECT_EQ(npz_error([&] { write_npz(folder_ / "no" / "x.npz", two_arrays()); }),
            "cannot write " + (folder_ / "no" / "x.npz").string() + ": No such file or directory");
  EXPECT_EQ(files(), 1);
}

TEST_F(NpzFiles, AWriteCutShortKeepsTheOldFile) {
  const auto path = folder_ / "x.npz";
  write_npz(path, two_arrays());
  Named<NpyArray> larger;
  larger.add("x", {{100'000}, NpyType::f64, std::vector<double>(100'000)});

  // Files may not grow past 50,000 bytes: as if the disk were full.
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{50'000, old_limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string message = npz_error([&] { write_npz(path, larger); });
  setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);

  EXPECT_EQ(message, "cannot write " + path.string() + ": File too large");
  EXPECT_EQ(files(), 1);
  expect_same(read_npz(path), two_arrays());
}

}  // namespace
}  // namespace bptt
