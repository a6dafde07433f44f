// A fuzz target: what is done with bytes that an engine supplies. The same targets run under
// libFuzzer, under any engine that calls LLVMFuzzerTestOneInput, and in ctest.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bptt::fuzz {

/// The engine's own mutation: changes the first `size` of `room` bytes in place, returns how many
/// there are then. Null if the engine has none.
using EngineMutator = std::size_t (*)(std::uint8_t* data, std::size_t size, std::size_t room);

using NamedInputs = std::vector<std::pair<std::string, std::vector<std::uint8_t>>>;

class Target {
 public:
  virtual ~Target() = default;

  /// Deterministic, silent, and of bounded work for any bytes; keeps nothing from call to call.
  /// Throws Finding (fuzz/finding.hpp) if the bytes break something.
  virtual void run(std::span<const std::uint8_t> bytes) = 0;

  /// Inputs that this target means by a name: seeds for its corpus.
  [[nodiscard]] virtual NamedInputs seeds() const { return {}; }
  /// Inputs that cost as little as this target's can: throughput is measured with them.
  [[nodiscard]] virtual NamedInputs small_inputs() const { return seeds(); }

  /// Changes the first `size` bytes of `buffer` in place; returns how many there are then, at most
  /// buffer.size(). Depends on its arguments alone, but for what the engine's mutator does.
  virtual std::size_t mutate(std::span<std::uint8_t> buffer, std::size_t size, unsigned seed,
                             EngineMutator engine) const;
  /// Writes into `out` a child of two inputs; returns its size, at most out.size().
  virtual std::size_t cross(std::span<const std::uint8_t> first,
                            std::span<const std::uint8_t> second, std::span<std::uint8_t> out,
                            unsigned seed) const;
};

struct TargetRow {
  std::string name;
  std::string sentence;  // what it does with bytes
  /// Whether the target changes inputs better than the engine does.
  bool mutates = false;
  /// subject: on trial in place of the optimised ones, by its name in subjects/registry.hpp; empty:
  /// those. Targets that have no subject refuse one with UnsupportedError.
  std::function<std::unique_ptr<Target>(const std::string& subject)> make;
};

/// All of them: one for each family of properties and cell, then the others.
[[nodiscard]] const std::vector<TargetRow>& targets();
/// Throws UnsupportedError, with all names, if there is none of that name.
[[nodiscard]] const TargetRow& find_target(std::string_view name);

}  // namespace bptt::fuzz
