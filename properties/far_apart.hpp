// An array whose elements lie further apart than an offset of 32 bits reaches, in memory that is
// only reserved: of 16 GiB and more, pages that nothing touches are not there.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.hpp"
#include "core/view.hpp"

namespace bptt::properties {

/// Its last axis that has more than one value has strides that add up to 2^31 elements or more; one
/// of a single element is dense. So many elements before it are there too: an offset that wraps
/// reads zeros, and ends nothing. Throws CheckerError if the system refuses to reserve.
template <class S>
class FarApart {
 public:
  explicit FarApart(const Shape& shape) {
    Strides strides = column_major_strides(shape);
    Index reach = shape.size(), axis = shape.rank() - 1;
    while (axis >= 0 && shape[axis] < 2) --axis;
    if (axis >= 0) {
      Index& stride = strides[static_cast<std::size_t>(axis)];
      stride += beyond / (shape[axis] - 1) + 1;
      reach += stride * (shape[axis] - 1);
    }
    bytes_ = static_cast<std::size_t>(beyond + reach) * sizeof(S);
    memory_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory_ == MAP_FAILED)
      throw CheckerError("cannot reserve " + std::to_string(bytes_) +
                         " bytes of addresses: " + std::strerror(errno));
    view_ = View<S>(static_cast<S*>(memory_) + beyond, shape, strides);
  }
  ~FarApart() {
    if (memory_ != nullptr) ::munmap(memory_, bytes_);
  }
  FarApart(FarApart&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)), bytes_(other.bytes_), view_(other.view_) {}
  FarApart& operator=(FarApart&&) = delete;
  [[nodiscard]] const View<S>& view() const { return view_; }

 private:
  static constexpr Index beyond = Index{1} << 31;
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
  View<S> view_;
};

}  // namespace bptt::properties
