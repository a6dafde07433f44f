// Changes of inputs that hold a problem in the codec's bytes: sizes to the edges of blocks, values
// and regimes to special ones, fields of two problems crossed. What it does depends on its
// arguments alone, but for what the engine's mutator does.
#pragma once

#include <span>

#include "fuzz/target.hpp"
#include "properties/codec.hpp"

namespace bptt::fuzz {

/// Where an input holds its problem, and what the codec may read there.
struct ProblemPlace {
  std::size_t at = 0;
  properties::SpecLimits limits;
};

/// As Target::mutate. One time in four the engine's mutator is asked instead, if there is one; so
/// it is if there is no room for a problem.
std::size_t mutate_problem(const ProblemPlace& place, std::span<std::uint8_t> buffer,
                           std::size_t size, unsigned seed, EngineMutator engine);

/// As Target::cross: each field of the problem at `at` from one parent or the other, what stands
/// before and after it from one of them.
std::size_t cross_problems(std::size_t at, std::span<const std::uint8_t> first,
                           std::span<const std::uint8_t> second, std::span<std::uint8_t> out,
                           unsigned seed);

}  // namespace bptt::fuzz
