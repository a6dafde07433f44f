// A diagnosis of a subject that runs: what is wrong, where first, and which known faults do the
// same. The subject is met through its interface alone. Nothing is printed.
//
// It is a guess at a cause with evidence for it, not a proof: "does the same" means on the cases
// tried. At most two faults at once are tried.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "diagnosis/fault_search.hpp"
#include "diagnosis/first_wrong_number.hpp"
#include "diagnosis/trace_cases.hpp"

namespace bptt::diagnosis {

/// What is said of a cell's numbers speaks of the arrays of RNN and LSTM.
[[nodiscard]] constexpr bool is_diagnosed(Cell cell) {
  return cell == Cell::rnn || cell == Cell::lstm;
}

struct DiagnosisOptions {
  double seconds = 20;  // for all of it; what is not done by then is said to be left out, and
                        // nothing is then called right
  std::optional<Cell> cell;
  /// Cases beside the usual ones, as those in which a campaign found it broken.
  std::vector<TraceCase> more_cases{};
  /// Commands that repeat what a campaign found broken, by cell.
  std::map<Cell, std::string> known_broken{};
  const std::atomic<bool>* stop = nullptr;  // ends it early when it becomes true
};

struct ArrayCount {
  std::string name;
  int wrong_cases = 0, cases = 0;
  long long wrong_entries = 0, judged_entries = 0;
};

/// Of one cell.
struct CellDiagnosis {
  Cell cell = Cell::rnn;
  int cases = 0, wrong_cases = 0, failed_cases = 0, cases_left_out = 0;
  int properties_left_out = 0;
  long long wrong_entries = 0, judged_entries = 0;
  std::vector<ArrayCount> arrays;              // of the first call
  std::vector<std::string> broken_properties;  // of bits and memory; their ids
  std::vector<std::string> sentences;
  std::optional<FirstWrongNumber> first_wrong;
  std::optional<CaseMaps> maps;
  FaultSearch faults;
  std::string known_broken;  // a command that repeats what a campaign found, if it found anything

  /// Nothing wrong was found. Without everything asked (complete) that is no verdict.
  [[nodiscard]] bool right() const { return wrong_cases == 0 && broken_properties.empty(); }
  [[nodiscard]] bool complete() const { return cases_left_out == 0 && properties_left_out == 0; }
};

struct SubjectDiagnosis {
  std::string subject;
  double seconds = 0;
  std::vector<CellDiagnosis> cells;  // that it runs

  [[nodiscard]] bool right() const;
  [[nodiscard]] bool complete() const;
};

/// Called with the cell and how many sets of faults were tried, of how many.
using OnDiagnosis = std::function<void(Cell cell, int done, int all)>;

[[nodiscard]] SubjectDiagnosis diagnose(const Subject& subject,
                                        const DiagnosisOptions& options = {},
                                        const OnDiagnosis& on_progress = {});

/// One cell, from evidence that was gathered already and with faults that may be known already.
[[nodiscard]] CellDiagnosis diagnose(const Evidence& evidence, const std::string& subject,
                                     FaultTraces& faults, const Deadline& deadline,
                                     const OnSetsTried& on_tried = {});

}  // namespace bptt::diagnosis
