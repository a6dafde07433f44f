// The readers of .npy and .npz under fire: any bytes give arrays or a FormatError, nothing else,
// and what was accepted is written and read back bit for bit.
#include <cstdint>
#include <cstring>
#include <span>

#include "core/error.hpp"
#include "core/npz.hpp"

namespace {

void require_same(const bptt::NpyArray& a, const bptt::NpyArray& b) {
  // Bits, because NaN must come back as the NaN it was, and -0 as -0.
  if (a.shape != b.shape || a.type != b.type || a.values.size() != b.values.size() ||
      (!a.values.empty() &&
       std::memcmp(a.values.data(), b.values.data(), a.values.size() * sizeof(double)) != 0))
    __builtin_trap();
}

// Only the reading of foreign bytes may fail: what was accepted must pass the rest.
void drive_npy(std::span<const std::byte> file) {
  bptt::NpyArray array;
  try {
    array = bptt::read_npy(file);
  } catch (const bptt::FormatError&) {
    return;
  }
  for (const bool fortran_order : {false, true})
    require_same(bptt::read_npy(bptt::write_npy(array, fortran_order)), array);
}

void drive_npz(std::span<const std::byte> file) {
  bptt::Named<bptt::NpyArray> arrays;
  try {
    arrays = bptt::read_npz(file);
  } catch (const bptt::FormatError&) {
    return;
  }
  const bptt::Named<bptt::NpyArray> again = bptt::read_npz(bptt::write_npz(arrays));
  if (again.names() != arrays.names()) __builtin_trap();
  for (const auto& [name, array] : arrays) require_same(again[name], array);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> file = std::as_bytes(std::span(data, size));
  drive_npy(file);
  drive_npz(file);
  return 0;
}
