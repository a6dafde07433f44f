#include "diagnosis/subject_diagnosis.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "diagnosis/sentences.hpp"

namespace bptt::diagnosis {
namespace {

std::vector<ArrayCount> counted(const Evidence& evidence) {
  std::vector<ArrayCount> counts;
  for (const CaseEvidence& c : evidence.cases)
    for (std::size_t a = 0; a < c.trace.arrays.size(); ++a) {
      const TracedArray& array = c.trace.arrays[a];
      if (array.moment != Moment::first) continue;
      auto at = std::find_if(counts.begin(), counts.end(),
                             [&](const ArrayCount& count) { return count.name == array.name; });
      if (at == counts.end()) at = counts.insert(at, {.name = array.name});
      long long wrong = 0;
      for (const Mark mark : c.marks[a]) {
        wrong += mark == Mark::wrong ? 1 : 0;
        at->judged_entries += mark == Mark::not_judged ? 0 : 1;
      }
      at->wrong_entries += wrong;
      at->wrong_cases += wrong > 0 ? 1 : 0;
      ++at->cases;
    }
  return counts;
}

}  // namespace

bool SubjectDiagnosis::right() const {
  return std::all_of(cells.begin(), cells.end(), [](const auto& cell) { return cell.right(); });
}

bool SubjectDiagnosis::complete() const {
  return std::all_of(cells.begin(), cells.end(), [](const auto& cell) { return cell.complete(); });
}

CellDiagnosis diagnose(const Evidence& evidence, const std::string& subject, FaultTraces& faults,
                       const Deadline& deadline, const OnSetsTried& on_tried) {
  CellDiagnosis d;
  d.cell = evidence.cell;
  d.cases = static_cast<int>(evidence.cases.size());
  d.cases_left_out = evidence.cases_left_out;
  d.properties_left_out = evidence.properties_left_out;
  for (const CaseEvidence& c : evidence.cases) {
    d.wrong_cases += c.is_wrong() ? 1 : 0;
    d.failed_cases += c.failed() ? 1 : 0;
  }
  d.wrong_entries = evidence.wrong_entries();
  d.judged_entries = evidence.judged_entries();
  d.arrays = counted(evidence);
  for (const auto& [property, behaved] : evidence.behaved)
    if (behaved.outcome == properties::Outcome::broken)
      d.broken_properties.emplace_back(property->id);
  d.sentences = sentences(evidence);
  d.first_wrong = first_wrong_number(evidence, subject);
  d.maps = widest_maps(evidence);
  d.faults = search(evidence, faults, deadline, on_tried);
  return d;
}

SubjectDiagnosis diagnose(const Subject& subject, const DiagnosisOptions& options,
                          const OnDiagnosis& on_progress) {
  const auto begin = std::chrono::steady_clock::now();
  const Capabilities can = subject.capabilities();
  std::vector<Cell> cells;
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    if (!trace_cases(cell, can).empty() && (!options.cell || options.cell == cell))
      cells.push_back(cell);
  if (cells.empty())
    throw UnsupportedError(subject.name() + " does not run the " +
                           std::string(options.cell ? name_of(*options.cell) : "rnn or the lstm"));

  SubjectDiagnosis diagnosis{.subject = subject.name(), .seconds = 0, .cells = {}};
  for (const Cell cell : cells) {
    const Deadline deadline(options.seconds / static_cast<double>(cells.size()), options.stop);
    std::vector<TraceCase> cases;
    for (const TraceCase& c : options.more_cases)
      if (c.spec.cell == cell) cases.push_back(c);
    const auto usual = trace_cases(cell, can);
    cases.insert(cases.begin(), usual.begin(), usual.end());
    const Evidence evidence = gather(subject, cell, cases, deadline);
    FaultTraces faults(cell, can);
    OnSetsTried on_tried;
    if (on_progress) on_tried = [&](int done, int all) { on_progress(cell, done, all); };
    diagnosis.cells.push_back(diagnose(evidence, subject.name(), faults, deadline, on_tried));
    if (const auto known = options.known_broken.find(cell); known != options.known_broken.end())
      diagnosis.cells.back().known_broken = known->second;
    if (on_progress) on_progress(cell, 1, 1);
  }
  diagnosis.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return diagnosis;
}

}  // namespace bptt::diagnosis
