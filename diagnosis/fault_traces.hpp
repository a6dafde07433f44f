// The known faults, followed through the cases of a diagnosis, and compared with the one on trial.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "diagnosis/evidence.hpp"

namespace bptt::diagnosis {

/// Rows of fault_models in ascending order: one, or two.
using FaultRows = std::vector<std::size_t>;
/// "a+b".
[[nodiscard]] std::string ids_of(const FaultRows& rows);
/// The faults that apply to the cell.
[[nodiscard]] std::vector<std::size_t> faults_of(Cell cell);

/// Remembers what faults did under the same claims, for subjects that come one after another.
class FaultTraces {
 public:
  FaultTraces(Cell cell, const Capabilities& claims) : cell_(cell), claims_(claims) {}

  /// The numbers of a set of faults on a case, array after array as in every trace of the case;
  /// none if it fails.
  [[nodiscard]] const std::vector<double>& numbers(const FaultRows& rows, const CaseEvidence& c);
  [[nodiscard]] properties::Outcome behaved(const FaultRows& rows,
                                            const properties::Property& property);

 private:
  /// Numbers to keep at most: 256 MB.
  static constexpr std::size_t most_kept = std::size_t{1} << 25U;

  [[nodiscard]] const Subject& subject(const FaultRows& rows);

  Cell cell_;
  Capabilities claims_;
  std::map<FaultRows, std::unique_ptr<Subject>> subjects_;
  std::map<std::string, std::map<FaultRows, std::vector<double>>> numbers_;  // by case
  std::map<std::pair<const properties::Property*, FaultRows>, properties::Outcome> behaved_;
  std::size_t kept_ = 0;
  std::vector<double> latest_;
};

/// Whether the numbers of a set of faults are those of the one on trial: each entry within what
/// rounding does to two right implementations of such a problem, in the measure of the larger of
/// the two arrays; not compared are entries that differ from run to run. A case that ended because
/// an input was changed fits if the faults change an input.
[[nodiscard]] bool same_numbers(const CaseEvidence& c, const std::vector<double>& numbers);

/// Entries of the one on trial that a set of faults gives as well.
struct Likeness {
  long long wrong = 0;    // wrong entries reproduced
  long long spoiled = 0;  // right entries that the faults would make wrong
};
[[nodiscard]] Likeness likeness(const CaseEvidence& c, const std::vector<double>& numbers);

}  // namespace bptt::diagnosis
