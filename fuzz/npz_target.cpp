// The readers and writers of .npy and .npz under fire: any bytes give arrays or a FormatError,
// nothing else, and from a path the same; what was accepted is written and read back bit for bit;
// any name and any number is written and read back, or refused as core/npz.hpp and core/npy.hpp
// say.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/error.hpp"
#include "core/npz.hpp"
#include "fuzz/bytes.hpp"
#include "fuzz/finding.hpp"
#include "fuzz/npz_seeds.hpp"
#include "fuzz/parser_targets.hpp"

namespace bptt::fuzz {
namespace {

void require_same(const NpyArray& a, const NpyArray& b) {
  // Bits, because NaN must come back as the NaN it was, and -0 as -0.
  require(a.shape == b.shape && a.type == b.type && a.values.size() == b.values.size() &&
              (a.values.empty() || std::memcmp(a.values.data(), b.values.data(),
                                               a.values.size() * sizeof(double)) == 0),
          "an array that was written is read back as another one");
}

// Only the reading of foreign bytes may fail: what was accepted must pass the rest.
void drive_npy(std::span<const std::byte> file) {
  NpyArray array;
  try {
    array = read_npy(file);
  } catch (const FormatError&) {
    return;
  }
  for (const bool fortran_order : {false, true})
    require_same(read_npy(write_npy(array, fortran_order)), array);
}

/// A file that is in no folder: nothing of it is left, whatever ends the program.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(::memfd_create("fuzz_npz", MFD_CLOEXEC)) {
    require(descriptor_ >= 0, "memfd_create fails");
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  void hold(std::span<const std::byte> bytes) const {
    require(::ftruncate(descriptor_, 0) == 0 &&
                ::pwrite(descriptor_, bytes.data(), bytes.size(), 0) == std::ssize(bytes),
            "a file in memory cannot be written");
  }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

void drive_npz(std::span<const std::byte> file) {
  Named<NpyArray> arrays;
  try {
    arrays = read_npz(file);
  } catch (const FormatError&) {
    return;
  }
  const Named<NpyArray> again = read_npz(write_npz(arrays));
  require(again.names() == arrays.names(), "a file that was written has other arrays");
  for (const auto& [name, array] : arrays) require_same(again[name], array);
}

/// From a path: the same arrays, or the same error with the path before it.
void drive_path(std::span<const std::byte> file, const MemoryFile& on_disk) {
  const auto result_of = [](const std::string& before_error, const auto& read) {
    try {
      return "arrays " + read().names();
    } catch (const FormatError& error) {
      return before_error + error.what();
    }
  };
  on_disk.hold(file);
  const std::string path = on_disk.path();
  const std::string expected = result_of(path + ": ", [&] { return read_npz(file); });
  const std::string got = result_of("", [&] { return read_npz(path); });
  require(got == expected, "from a path '" + got + "', from memory '" + expected + "'");
}

/// A path where no file is: an error that names it.
void drive_no_file() {
  const std::string path = "/proc/self/fd/none";
  try {
    (void)read_npz(path);
  } catch (const FormatError& error) {
    throw Finding(std::string("a file that is not there is read as a wrong one: ") + error.what());
  } catch (const Error& error) {
    return require(std::string_view(error.what()).find(path) != std::string_view::npos,
                   std::string("an error without the path: ") + error.what());
  }
  throw Finding("a file is read that is not there");
}

/// A name of the bytes; a tilde before them stands for nearly as many as a name can have.
void drive_name(std::string name) {
  constexpr std::size_t longest = 65531;
  if (name.starts_with('~')) name.insert(0, longest - 2, '~');
  const bool good =
      !name.empty() && name.size() <= longest &&
      std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
  Named<NpyArray> arrays;
  arrays.add(name, {{1}, NpyType::f64, {0.5}});
  std::vector<std::byte> file;
  try {
    file = write_npz(arrays);
  } catch (const Error&) {
    require(!good, "the name '" + name + "' is refused");
    return;
  }
  require(good, "a name that is empty, too long or not printable is accepted");
  require(read_npz(file).names() == name, "the name '" + name + "' is read back as another one");
}

void drive_f32(double value) {
  const NpyArray array{{1}, NpyType::f32, {value}};
  if (std::isnan(value)) return;  // whether its payload fits is no question of the format
  const bool good =
      std::isinf(value) || (std::abs(value) <= double{std::numeric_limits<float>::max()} &&
                            static_cast<double>(static_cast<float>(value)) == value);
  try {
    const NpyArray again = read_npy(write_npy(array));
    require(good, std::to_string(value) + " is written as f32");
    require_same(again, array);
  } catch (const Error&) {
    require(!good, std::to_string(value) + " is refused as f32");
  }
}

class NpzTarget final : public Target {
 public:
  void run(std::span<const std::uint8_t> bytes) override {
    if (bytes.empty()) drive_no_file();
    drive_npy(std::as_bytes(bytes));
    drive_npz(std::as_bytes(bytes));
    // What takes longer is left to the inputs that may be archives, or cannot be a file at all.
    const std::uint8_t first = bytes.empty() ? 0 : bytes[0];
    if (first == 'P') return drive_path(std::as_bytes(bytes), on_disk_);
    if (first == 0x93) return;
    drive_name(std::string(
        bytes.begin(), bytes.begin() + std::min<std::ptrdiff_t>(std::ssize(bytes), longest_name)));
    drive_f32(Bytes(bytes).take<double>());
  }
  [[nodiscard]] NamedInputs seeds() const override { return npz_seeds(); }

 private:
  static constexpr std::ptrdiff_t longest_name = 100;
  MemoryFile on_disk_;
};

}  // namespace

std::unique_ptr<Target> make_npz_target() { return std::make_unique<NpzTarget>(); }

}  // namespace bptt::fuzz
