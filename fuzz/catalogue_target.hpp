// Any bytes become one case of the catalogue: a property, a scalar, a subject and a problem.
// The first byte names the property, the second the scalar and the subject, the rest go through
// the codec of properties/. Work is bounded for every input: sizes up to max_size, none wide.
// Deliberately without input and output, so that it can be tested: fuzz_catalogue.hpp prints and
// traps.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "properties/property.hpp"
#include "properties/replay.hpp"

namespace bptt::fuzz {

class CatalogueTarget {
 public:
  /// A step of the LSTM costs several times one of the RNN, and a fuzzer needs many inputs: 6 is
  /// still a vector of four doubles and a rest.
  [[nodiscard]] static constexpr Index max_size(Cell cell) { return cell == Cell::rnn ? 8 : 6; }
  static constexpr std::size_t header_bytes = 2;

  /// Cases of one cell, on any of the subjects, which have the names of subjects/registry.hpp.
  /// Throws UnsupportedError if there is no such subject, or if one of them has no property for
  /// this cell and a scalar.
  CatalogueTarget(Cell cell, const std::vector<std::string>& subject_names);

  /// The case that the bytes mean; missing bytes read as zero. Its property applies to it.
  [[nodiscard]] properties::ReplayCase decode(std::span<const std::uint8_t> bytes) const;
  /// Bytes that decode to `wanted`. Throws FormatError if there are none.
  [[nodiscard]] std::vector<std::uint8_t> encode(const properties::ReplayCase& wanted) const;
  /// What the property says of a case that came from `decode`.
  [[nodiscard]] properties::Verdict check(const properties::ReplayCase& decoded) const;

 private:
  // A subject, a scalar, and what the catalogue has to say of them.
  struct Bench {
    std::string name;
    std::shared_ptr<const Subject> subject;
    Scalar scalar;
    std::vector<const properties::Property*> properties;
  };
  [[nodiscard]] const Bench& bench_of(std::uint8_t byte) const;
  [[nodiscard]] properties::SpecLimits limits_of(const Bench& bench,
                                                 const properties::Property& property) const;

  Cell cell_;
  std::vector<Bench> benches_;
};

}  // namespace bptt::fuzz
