#include "subjects/faults/fault_models.hpp"

namespace bptt {

bool FaultSet::apply_to(Cell cell) const {
  const Cells other = cell == Cell::rnn ? Cells::lstm : Cells::rnn;
  for (std::size_t row = 0; row < fault_count; ++row)
    if (rows_[row] && fault_models[row].cells == other) return false;
  return true;
}

std::string FaultSet::str() const {
  std::string text;
  for (std::size_t row = 0; row < fault_count; ++row)
    if (rows_[row]) text.append(text.empty() ? "" : "+").append(fault_models[row].id);
  return text.empty() ? "none" : text;
}

std::optional<FaultSet> FaultSet::parse(std::string_view ids) {
  FaultSet set;
  if (ids == "none") return set;
  while (true) {
    const std::size_t plus = ids.find('+');
    const std::string_view id = ids.substr(0, plus);
    const auto* found = std::find_if(fault_models.begin(), fault_models.end(),
                                     [&](const FaultModel& model) { return model.id == id; });
    if (found == fault_models.end()) return std::nullopt;
    set.rows_.set(static_cast<std::size_t>(found - fault_models.begin()));
    if (plus == std::string_view::npos) return set;
    ids.remove_prefix(plus + 1);
  }
}

}  // namespace bptt
