// Any bytes become one case of the catalogue: a property, a scalar, a subject and a problem.
// The first two bytes name the property, the third the cell, the scalar and the subject, the rest
// go through the codec of properties/. Work is bounded for every input: sizes up to max_size, or
// one size of up to 65 with the others up to beside_wide. Deliberately without output:
// fuzz/entry.cpp prints and traps.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fuzz/target.hpp"
#include "properties/property.hpp"
#include "properties/replay.hpp"

namespace bptt::fuzz {

class CatalogueTarget final : public Target {
 public:
  /// A step of the LSTM costs several times one of the RNN, and the cost of judging grows with the
  /// square of a problem's size: a family has 5 and 4, one more than the lanes of four doubles and
  /// as many. Tails of wider vectors are met by the wide sizes, and by the whole catalogue of one
  /// cell, which has the batch of the published exercises.
  [[nodiscard]] static constexpr Index max_size(Cell cell, bool large = false) {
    if (large) return 10;
    return cell == Cell::rnn ? 5 : 4;
  }
  static constexpr Index beside_wide = 2;
  static constexpr std::size_t header_bytes = 3;
  static constexpr std::size_t input_bytes = header_bytes + properties::spec_bytes;

  /// Cases of some cells, on any of the subjects, which have the names of subjects/registry.hpp.
  /// family: a name of properties/property_families.hpp, or empty for the whole catalogue.
  /// Throws UnsupportedError if there is no such subject or family, or if one of the subjects has
  /// no property for one of the cells.
  CatalogueTarget(const std::vector<Cell>& cells, const std::vector<std::string>& subject_names,
                  std::string_view family = "");
  CatalogueTarget(Cell cell, const std::vector<std::string>& subject_names,
                  std::string_view family = "")
      : CatalogueTarget(std::vector<Cell>{cell}, subject_names, family) {}

  /// The case that the bytes mean; missing bytes read as zero. Its property applies to it.
  [[nodiscard]] properties::ReplayCase decode(std::span<const std::uint8_t> bytes) const;
  /// Bytes that decode to `wanted`. Throws FormatError if there are none.
  [[nodiscard]] std::vector<std::uint8_t> encode(const properties::ReplayCase& wanted) const;
  /// What the property says of the case that the bytes mean.
  [[nodiscard]] properties::Verdict check(std::span<const std::uint8_t> bytes) const;

  /// Checks the case; a broken property is a Finding with the command that replays it. Guides by
  /// the ratio of error and bound, a slot for each property.
  void run(std::span<const std::uint8_t> bytes) override;
  [[nodiscard]] NamedInputs seeds() const override;
  /// Each property of the first subject, in each scalar, on a small problem that it is about.
  [[nodiscard]] NamedInputs small_inputs() const override;
  std::size_t mutate(std::span<std::uint8_t> buffer, std::size_t size, unsigned seed,
                     EngineMutator engine) const override;
  std::size_t cross(std::span<const std::uint8_t> first, std::span<const std::uint8_t> second,
                    std::span<std::uint8_t> out, unsigned seed) const override;

 private:
  // A cell, a subject, a scalar, and what the catalogue has to say of them.
  struct Candidate {
    Cell cell;
    std::string name;
    std::shared_ptr<const Subject> subject;
    Scalar scalar;
    std::vector<const properties::Property*> properties;
    std::vector<std::uint16_t> keys;  // of these properties
    void add(const properties::Property& property);
  };
  struct Case {
    const Candidate* candidate;
    const properties::Property* property;
    properties::ProblemSpec spec;
  };
  [[nodiscard]] Case decode_case(std::span<const std::uint8_t> bytes) const;
  [[nodiscard]] static properties::ReplayCase named(const Case& decoded);
  [[nodiscard]] properties::SpecLimits limits_of(const Candidate& candidate,
                                                 const properties::Property& property) const;
  [[nodiscard]] properties::SpecLimits limits_of(std::span<const std::uint8_t> bytes) const;

  std::vector<Cell> cells_;
  bool large_;
  std::vector<Candidate> candidates_;
};

}  // namespace bptt::fuzz
