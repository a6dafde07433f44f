#include "core/aligned.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace bptt {
namespace {

TEST(Aligned, EveryArrayStartsAtACacheLineAndIsItsOwn) {
  std::vector<AlignedVector<unsigned char>> arrays;
  for (std::size_t size = 1; size < 300; ++size)
    arrays.emplace_back(size, static_cast<unsigned char>(size));
  for (const auto& array : arrays) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array.data()) % line_bytes, 0U);
    for (const unsigned char c : array) EXPECT_EQ(c, static_cast<unsigned char>(array.size()));
  }
}

TEST(Aligned, MoreThanThereIsIsRefused) {
  constexpr auto most = std::numeric_limits<std::size_t>::max();
  EXPECT_THROW(static_cast<void>(LineAllocator<double>().allocate(most / 4)),
               std::bad_array_new_length);
#ifndef BPTT_ADDRESS_SANITIZER  // which ends the program
  EXPECT_THROW(static_cast<void>(LineAllocator<char>().allocate(most - 1)), std::bad_alloc);
#endif
}

}  // namespace
}  // namespace bptt
