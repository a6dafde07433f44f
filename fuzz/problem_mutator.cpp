#include "fuzz/problem_mutator.hpp"

#include <algorithm>
#include <array>

#include "properties/draw.hpp"

namespace bptt::fuzz {
namespace {

using properties::SpecField;

/// Around the vectors and tiles of the kernels; beyond max_size one time in eight, for a case of
/// such a size costs as much as some dozens of others.
Index edge(std::size_t wide_choice, std::size_t choice) {
  const auto& wide = properties::wide_sizes;
  return wide_choice == 0 ? wide[choice % wide.size()] : 1 + static_cast<Index>(choice % 10);
}

/// Numbers that follow from a seed, one after the other.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(properties::mix(seed + 0x6d75)) {}
  std::size_t below(std::size_t count) {
    state_ = properties::mix(state_ + 1);
    return static_cast<std::size_t>((state_ >> 20U) % count);
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(below(256)); }

 private:
  std::uint64_t state_;
};

/// Another number near the one that is there: the seed decides every value, so that its bits are
/// changed rarely and its arithmetic neighbours are as good as any.
void change_seed(std::span<std::uint8_t> spec, Chance& chance) {
  const std::size_t k = properties::seed_at + chance.below(8);
  spec[k] = chance.below(2) == 0 ? chance.byte()
                                 : static_cast<std::uint8_t>(spec[k] ^ (1U << chance.below(8)));
}

void change_one_field(std::span<std::uint8_t> spec, const properties::SpecLimits& limits,
                      Chance& chance) {
  switch (chance.below(8)) {
    case 0:
    case 1:
    case 2: {
      const auto which = static_cast<SpecField>(properties::n_a_at + chance.below(4));
      const std::size_t wide = chance.below(8);
      set_size(spec, which, edge(wide, chance.below(40)), limits);
      return;
    }
    case 3: spec[properties::regime_at] = static_cast<std::uint8_t>(chance.below(128)); return;
    case 4: {
      constexpr std::array fields{properties::T_da_at, properties::activation_at,
                                  properties::zeros_at, properties::digits_at, properties::twin_at};
      spec[fields[chance.below(fields.size())]] = chance.byte();
      return;
    }
    default: change_seed(spec, chance);
  }
}

}  // namespace

std::size_t mutate_problem(const ProblemPlace& place, std::span<std::uint8_t> buffer,
                           std::size_t size, unsigned seed, EngineMutator engine) {
  Chance chance(seed);
  const std::size_t end = place.at + properties::spec_bytes;
  const bool no_room = buffer.size() < end;
  if (engine != nullptr && (no_room || chance.below(4) == 0))
    return std::min(engine(buffer.data(), size, buffer.size()), buffer.size());
  if (no_room) return size;
  // Missing bytes read as zeros.
  if (size < end) std::fill(buffer.begin() + static_cast<std::ptrdiff_t>(size), buffer.end(), 0);
  size = std::max(size, end);
  const auto header = buffer.first(place.at);
  // What stands before the problem: which property, subject, scalar.
  if (!header.empty() && chance.below(8) == 0) header[chance.below(header.size())] = chance.byte();
  const auto spec = buffer.subspan(place.at, properties::spec_bytes);
  for (std::size_t count = 1 + chance.below(3); count > 0; --count)
    change_one_field(spec, place.limits, chance);
  return size;
}

std::size_t cross_problems(std::size_t at, std::span<const std::uint8_t> first,
                           std::span<const std::uint8_t> second, std::span<std::uint8_t> out,
                           unsigned seed) {
  Chance chance(seed);
  const std::size_t size = std::min(out.size(), std::max(first.size(), second.size()));
  const auto from = [](std::span<const std::uint8_t> parent, std::size_t k) {
    return k < parent.size() ? parent[k] : std::uint8_t{0};
  };
  const std::size_t end = at + properties::spec_bytes, seed_from = at + properties::seed_at;
  const bool header = chance.below(2) == 0, tail = chance.below(2) == 0;
  const bool values = chance.below(2) == 0;
  for (std::size_t k = 0; k < size; ++k) {
    const bool one = k < at          ? header
                     : k < seed_from ? chance.below(2) == 0
                     : k < end       ? values
                                     : tail;
    out[k] = one ? from(first, k) : from(second, k);
  }
  return size;
}

}  // namespace bptt::fuzz
