// Arrays as .npy bytes, NumPy's format, versions 1.0, 2.0 and 3.0.
// Reads f32 and f64, C and Fortran order, little and big endian, rank 0 to 4, zero extents; refuses
// everything else in words. A reader's memory is bounded by the bytes it was given, whatever their
// header promises. Deliberately without other dtypes, without files (core/npz.hpp has those) and
// without reading in parts. Source: NumPy Enhancement Proposal 1, numpy/lib/format.py.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/tensor.hpp"

namespace bptt {

/// How the elements are stored in the file.
enum class NpyType { f32, f64 };
[[nodiscard]] std::string_view name_of(NpyType type);

/// An array as read or to be written.
/// values  shape.size() elements in column-major order of the logical indices, whatever the order
///         in the file. Those of an f32 file are converted exactly (a signalling NaN turns quiet).
struct NpyArray {
  Shape shape;
  NpyType type = NpyType::f64;
  std::vector<double> values;
};

/// The array in the bytes of a whole .npy file.
/// Throws FormatError, with what was found and what is accepted, for anything but exactly one
/// array of a supported kind: "header promises 240 bytes of data, the file holds 200".
[[nodiscard]] NpyArray read_npy(std::span<const std::byte> file);

/// The bytes of a little-endian .npy file of version 1.0, as numpy.save writes it.
/// Throws ShapeError if the number of values is not shape.size(), and Error if the type is f32 and
/// a value is not one: what is read back is what was written.
[[nodiscard]] std::vector<std::byte> write_npy(const NpyArray& array, bool fortran_order = false);

/// The array as a tensor of S, each value converted once; f64 values are rounded if S is float.
/// Throws ShapeError if the number of values is not shape.size().
template <class S>
[[nodiscard]] Tensor<S> to_tensor(const NpyArray& array) {
  Tensor<S> tensor(array.shape);
  require_shape("values of an array", {static_cast<Index>(array.values.size())}, {tensor.size()});
  for (std::size_t k = 0; k < array.values.size(); ++k)
    tensor.elements()[k] = static_cast<S>(array.values[k]);
  return tensor;
}

/// The tensor as an array to be written, f32 for float and f64 for double.
template <class S>
requires(std::is_same_v<S, float> || std::is_same_v<S, double>) [[nodiscard]] NpyArray
    to_npy(const Tensor<S>& tensor) {
  return {tensor.shape(), std::is_same_v<S, float> ? NpyType::f32 : NpyType::f64,
          std::vector<double>(tensor.elements().begin(), tensor.elements().end())};
}

}  // namespace bptt
