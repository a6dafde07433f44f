// The readers of .npy and .npz under fire: any bytes give arrays or a FormatError, nothing else,
// and what was accepted is written and read back bit for bit.
#include <cstring>

#include "core/error.hpp"
#include "core/npz.hpp"
#include "fuzz/finding.hpp"
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

class NpzTarget final : public Target {
 public:
  void run(std::span<const std::uint8_t> bytes) override {
    drive_npy(std::as_bytes(bytes));
    drive_npz(std::as_bytes(bytes));
  }
};

}  // namespace

std::unique_ptr<Target> make_npz_target() { return std::make_unique<NpzTarget>(); }

}  // namespace bptt::fuzz
