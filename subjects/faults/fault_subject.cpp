#include "subjects/faults/fault_subject.hpp"

#include "subjects/faults/faulty_lstm.hpp"
#include "subjects/faults/faulty_rnn.hpp"
#include "subjects/subject_of.hpp"

namespace bptt {
namespace {

class FaultSubject final : public SubjectOf<FaultSubject> {
 public:
  explicit FaultSubject(const FaultSet& set) : set_(set) {}

  [[nodiscard]] std::string name() const override { return std::string(fault_prefix) + set_.str(); }
  [[nodiscard]] std::string description() const override {
    std::string text;
    for (std::size_t row = 0; row < fault_count; ++row)
      if (set_.has_row(row))
        text += (text.empty() ? "" : "; ") + std::string(fault_models[row].mechanism);
    return (text.empty() ? "the faulty subjects' code without a fault" : text) + ".";
  }
  [[nodiscard]] Capabilities capabilities() const override {
    Capabilities can;
    std::erase_if(can.cells, [this](Cell cell) { return !set_.apply_to(cell); });
    can.fixed_summation_order = true;
    can.some_gradients = true;
    can.tanh_ulp = 2.0;
    can.sigmoid_ulp = 3.0;
    return can;
  }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation g,
                                                         const Sizes& sizes) const {
    if (cell == Cell::rnn) return std::make_unique<faults::FaultyRnn<S>>(set_, g, sizes);
    return std::make_unique<faults::FaultyLstm<S>>(set_, sizes);
  }

 private:
  FaultSet set_;
};

}  // namespace

std::vector<std::string> fault_subject_names() {
  std::vector<std::string> names;
  for (const FaultModel& model : fault_models)
    names.push_back(std::string(fault_prefix) + std::string(model.id));
  return names;
}

std::unique_ptr<Subject> make_fault_subject(std::string_view name) {
  if (!name.starts_with(fault_prefix)) return nullptr;
  const std::optional<FaultSet> set = FaultSet::parse(name.substr(fault_prefix.size()));
  if (!set) return nullptr;
  if (!set->apply_to(Cell::rnn) && !set->apply_to(Cell::lstm))
    throw UnsupportedError("no cell has all the faults of " + std::string(name));
  return std::make_unique<FaultSubject>(*set);
}

}  // namespace bptt
