// Where the arrays of one computation stand. Those of a tiny problem are hundreds of a few numbers
// each: they share one buffer, which is given back as a whole. Others are allocated one by one, so
// that what is given back early is used again while it is near.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <vector>

#include "core/aligned.hpp"

namespace bptt::bounds {

/// Each array starts at a cache line.
class Pool final : public std::pmr::memory_resource {
 public:
  explicit Pool(bool tiny) : tiny_(tiny) {}

 private:
  static constexpr std::size_t first_buffer = 0x4000;

  void* do_allocate(std::size_t bytes, std::size_t) override {
    return tiny_ ? buffer_.allocate(bytes, line_bytes) : allocate_lines(bytes);
  }
  void do_deallocate(void* array, std::size_t, std::size_t) override {
    if (!tiny_) free_lines(array);
  }
  [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }

  bool tiny_;
  std::pmr::monotonic_buffer_resource buffer_{first_buffer};
};

/// It goes where its pool is; a copy says where.
template <class T>
using Numbers = std::pmr::vector<T>;

}  // namespace bptt::bounds
