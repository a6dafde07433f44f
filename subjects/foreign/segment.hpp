// The memory that a worker shares with the program: one call's arrays with their strides and
// alignment kept, guard zones around each of them, and a copy of everything to compare with.
//
// All that is no element of an array is NaN (every bit set), so that reading it shows in the
// results. After a call, anything but the outputs' elements must be what it was.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/cell.hpp"
#include "core/view.hpp"
#include "subjects/foreign/protocol.hpp"

namespace bptt::foreign {

class Segment {
 public:
  /// Throws Error if the system refuses the memory.
  Segment();
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] std::size_t bytes() const { return size_; }

  /// Begins a call without arrays.
  void clear() { placed_.clear(); }
  /// An array that is read; its values are copied by commit. Throws Error if its name is too long.
  template <class S>
  void add(std::string_view name, Role role, const View<const S>& values) {
    // Not written through: collect writes to outputs alone.
    place(name, role, const_cast<S*>(values.data()), sizeof(S), values.shape(), values.strides(),
          false);
  }
  /// An array that is written; its values are copied by commit, and back by collect.
  template <class S>
  void add_output(std::string_view name, Role role, const View<S>& values) {
    place(name, role, values.data(), sizeof(S), values.shape(), values.strides(), true);
  }
  /// Lays the arrays out and writes them, after the table. Returns how many there are.
  std::uint32_t commit();
  /// Copies the outputs to where they were added from. Throws SubjectFailure if anything else
  /// has changed: changed_input, or wrote_outside.
  void collect();

 private:
  struct Placed {
    ArrayEntry entry{};
    std::byte* values;  // of the caller; element (0,0,0)
    Shape shape;
    Strides strides;
    std::size_t element;       // bytes of one
    std::ptrdiff_t low, high;  // of its elements: offsets of the first and the last, from (0,0,0)
    bool output;
  };
  void place(std::string_view name, Role role, void* values, std::size_t element,
             const Shape& shape, const Strides& strides, bool output);
  void reserve(std::size_t bytes);
  [[noreturn]] void accuse(std::size_t at) const;

  int descriptor_ = -1;
  std::byte* memory_ = nullptr;
  std::size_t size_ = 0, used_ = 0;
  std::vector<Placed> placed_;
  std::vector<std::byte> before_;
};

}  // namespace bptt::foreign
