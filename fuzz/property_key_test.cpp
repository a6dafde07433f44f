#include "fuzz/property_key.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "properties/property.hpp"

namespace bptt::fuzz {
namespace {

constexpr unsigned values = 1U << 16U;

std::vector<std::uint16_t> keys_of_the_catalogue() {
  std::vector<std::uint16_t> keys;
  for (const auto& property : properties::catalogue()) keys.push_back(property_key(property.id));
  return keys;
}

TEST(property_key, is_shared_by_no_two_properties) {
  std::map<std::uint16_t, std::string_view> of_key;
  for (const auto& property : properties::catalogue()) {
    const auto [at, inserted] = of_key.emplace(property_key(property.id), property.id);
    EXPECT_TRUE(inserted) << property.id << " and " << at->second << " share a key: rename one";
  }
}

// The inputs that there are would mean other properties if this changed.
TEST(property_key, is_what_it_was) { EXPECT_EQ(property_key("equals_reference"), 19727); }

TEST(property_key, is_found_among_others) {
  const auto keys = keys_of_the_catalogue();
  for (std::size_t k = 0; k < keys.size(); ++k) EXPECT_EQ(place_of(keys[k], keys), k);
}

TEST(property_key, any_other_value_draws_one_and_each_is_as_likely) {
  const auto keys = keys_of_the_catalogue();
  std::vector<double> drawn(keys.size());
  for (unsigned value = 0; value < values; ++value)
    ++drawn[place_of(static_cast<std::uint16_t>(value), keys)];
  const auto share = static_cast<double>(values) / static_cast<double>(keys.size());
  for (const double count : drawn) EXPECT_NEAR(count / share, 1, 0.2);
}

// What has been found keeps its meaning, but for what the new property takes.
TEST(property_key, values_move_to_a_key_that_is_added_and_nowhere_else) {
  const auto keys = keys_of_the_catalogue();
  for (const std::size_t added : {std::size_t{0}, keys.size() / 2, keys.size() - 1}) {
    auto before = keys;
    before.erase(before.begin() + static_cast<std::ptrdiff_t>(added));
    for (unsigned k = 0; k < values; ++k) {
      const auto value = static_cast<std::uint16_t>(k);
      const auto now = keys[place_of(value, keys)], then = before[place_of(value, before)];
      ASSERT_TRUE(now == then || now == keys[added]) << value;
    }
  }
}

}  // namespace
}  // namespace bptt::fuzz
